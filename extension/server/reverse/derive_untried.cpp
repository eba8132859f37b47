/* What there is to say of a way back that is not tried. */
#include "server/reverse/derive.hpp"

#include "core/kinds.hpp"

namespace surefoot {

history::Derived without_effect(const std::vector<core::Loss> &losses, bool was_there)
{
	history::Derived result;
	core::WayBack worst = core::WayBack::exact;
	for (const core::Loss &loss : losses) {
		worst = std::max(worst, loss.way_back);
		result.reason.append(result.reason.empty() ? "" : "\n").append(sentence(loss));
	}
	if (was_there && losses.empty())
		result.reason = "all that it makes was there before, and stays";
	result.way_back = core::name_of(worst);
	result.script = script_of({});
	return result;
}

bool is_one_new_object(const std::vector<core::Change> &effect)
{
	bool whole = false;
	for (const core::Change &change : effect) {
		if (change.before || change.after->root != effect.front().after->root)
			return false;
		if (core::is_part(*change.after))
			continue;
		/* A function of a shell type, or a type whose functions were there before, cannot be dropped by itself. */
		const std::string &kind = change.after->kind;
		if (kind != "table" && kind != "sequence" && !kind.ends_with("view") && kind != "foreign table" && kind != "schema" &&
			kind != "domain")
			return false;
		whole = true;
	}
	return whole;
}

/* From the definitions alone, with nothing tried. */
history::Derived draft(const std::vector<core::Change> &effect, const std::vector<core::Loss> &losses)
{
	core::Objects before, now;
	for (const core::Change &change : effect) {
		if (change.before)
			before.add(*change.before);
		if (change.after)
			now.add(*change.after);
	}
	core::Surroundings surroundings;
	core::Inverse inverse = core::derive_inverse(before, now, surroundings);
	inverse.losses.insert(inverse.losses.end(), losses.begin(), losses.end());
	history::Derived result = without_effect(inverse.losses);
	result.script = script_of(inverse.statements);
	return result;
}

} // namespace surefoot
