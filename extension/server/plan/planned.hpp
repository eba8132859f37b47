/* A script with its steps and what is known of them: what plan and checklist look at. */
#pragma once

#include "server/history/history.hpp"
#include "server/plan/facts.hpp"

namespace surefoot {

struct Planned {
	/* Raises what apply would raise before it begins. */
	Planned(const std::string &text, const std::string &title);

	Script script;
	std::vector<PlannedStep> steps;
	std::vector<Facts> facts; /* one for each operation */
};

/* Raises unless direction is up or down. */
void check_direction(const std::string &direction);

/* The script of a registered migration; raises SF008 when there is no way back. */
const std::string &script_of(history::Migration &migration, const std::string &direction);

} // namespace surefoot
