/*
 * A derived way back drops what the migration made by its name. When others have given the name to an object of theirs meanwhile, that one would go in its
 * stead, with what is in it, and the migration's would stay.
 */
#pragma once

#include "server/history/history.hpp"
#include "server/history/messages.hpp"

namespace surefoot {

/*
 * Raises SF008 when one of dropped, which are there or were dropped just now, has the name of one of made (see history::made_by) and is another object; warns when
 * accept names it.
 */
void refuse_strangers(const Speaker &speaker, const std::vector<core::Object> &made, const std::vector<core::Object> &dropped,
					  const std::vector<std::string> &accept);

} // namespace surefoot
