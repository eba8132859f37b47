/* What the derivation of a way back asks the catalog for, as it is in this transaction. */
#pragma once

#include "core/inverse.hpp"

#include <set>

namespace surefoot {

class LiveSurroundings : public core::Surroundings {
public:
	LiveSurroundings();
	std::vector<Dependent> dependents(const core::Object &object) override;
	std::string storage_of(const std::string &type) override;
	std::string filler_of(const std::string &type) override;
	bool is_final() override { return false; }
	bool is_remade(const core::Object &object) override { return !first_.empty() && !first_.contains(object.address); }
	/* What is there before the first statement runs. */
	void look(const core::Objects &now);

private:
	std::set<std::string> first_;
};

} // namespace surefoot
