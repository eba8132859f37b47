/* Secrets of SQL that stand apart from the word that names them: as another argument, behind ||, behind a comment. */
#pragma once

#include <string_view>
#include <vector>

#include "core/secret_text.hpp"

namespace surefoot::core {

/* Adds them to found, in no order. A text that is no SQL, or only partly, is read as if it were. */
void find_secrets_in_sql(std::string_view text, std::vector<SecretSpan> &found);

} // namespace surefoot::core
