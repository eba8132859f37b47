/* What the recorder knows of where sequences stand. */
#include "server/record/recorder.hpp"

#include "server/script/targets.hpp"

extern "C" {
#include "storage/lmgr.h"
}

namespace surefoot {

void Recorder::will_restart(Oid sequence, LOCKMODE mode)
{
	/* Who may not restart it hears so from the server, and waits for no lock. */
	if (!counts(sequence) || !pg_call([sequence] { return may_lock(sequence, ACL_NO_RIGHTS); }))
		return;
	/* What is known from before holds as long as the lock did: a rollback to a savepoint lets others in. */
	const bool known = restarted_.contains(sequence) && is_held(sequence);
	pg_call([=] { LockRelationOid(sequence, mode); });
	if (known)
		return;
	restarted_.erase(sequence);
	const std::optional<SequencePlace> place = first_place(sequence);
	restarted_.emplace(sequence, place);
}

void Recorder::will_call_mover()
{
	if (calls_mover_)
		return;
	calls_mover_ = true;
	for (const Oid sequence : sequences_in_use())
		if (const std::optional<SequencePlace> place = place_of_sequence(sequence))
			in_use_before_.emplace(sequence, *place);
}

std::optional<SequencePlace> Recorder::first_place(Oid sequence) const
{
	if (const auto found = restarted_.find(sequence); found != restarted_.end())
		return is_held(sequence) ? found->second : std::nullopt;
	const std::optional<SequencePlace> now = place_of_sequence(sequence);
	if (!calls_mover_)
		return now;
	if (const auto before = in_use_before_.find(sequence); before != in_use_before_.end())
		return now == before->second ? now : std::nullopt;
	const std::vector<Oid> used = sequences_in_use();
	return std::find(used.begin(), used.end(), sequence) == used.end() ? now : std::nullopt;
}

std::vector<Recorder::Moved> Recorder::moved_sequences() const
{
	std::vector<Moved> moved;
	std::set<Oid> candidates;
	for (const auto &[sequence, was] : restarted_)
		candidates.insert(sequence);
	if (calls_mover_)
		for (const Oid sequence : sequences_in_use())
			if (counts(sequence))
				candidates.insert(sequence);
	for (const Oid sequence : candidates)
		if (const std::optional<SequencePlace> now = place_of_sequence(sequence)) {
			const auto restarted = restarted_.find(sequence);
			if (restarted != restarted_.end() && now == restarted->second)
				continue;
			if (const std::optional<SequencePlace> was = first_place(sequence); now != was)
				moved.push_back({sequence, was});
		}
	return moved;
}

} // namespace surefoot
