#include "server/internal.hpp"
#include "server/keep/restore.hpp"
#include "server/run/conclude.hpp"

namespace surefoot {

namespace {

const std::vector<std::string> *accepted = nullptr;

} // namespace

const std::vector<std::string> Accepting::nothing;

Accepting::Accepting(const std::vector<std::string> &words) : outer_(accepted)
{
	accepted = &words;
}

Accepting::~Accepting()
{
	accepted = outer_;
}

bool Accepting::is_trial()
{
	return accepted == &nothing;
}

bool Accepting::conflicts(const std::string &version)
{
	if (is_trial())
		return false;
	Internal internal;
	const history::Migration migration = history::get(history::number_of(version));
	history::Run run;
	if (accepted != nullptr)
		run.accept = *accepted;
	else if (migration.state == "reverting")
		if (const std::optional<history::Run> queued = history::get_run(migration.run))
			run.accept = queued->accept;
	const std::vector<std::string> words = accepted_by(migration, run);
	return std::any_of(words.begin(), words.end(), [](const std::string &word) { return word == "conflicts" || word == "all"; });
}

} // namespace surefoot
