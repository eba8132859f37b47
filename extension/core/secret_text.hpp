/* Passwords in text that is no SQL, or only partly: messages and contexts of errors. */
#pragma once

#include <string>

namespace surefoot::core {

/* text with what follows the words password, passwd and secret covered, where it looks like a value, and so in URLs. */
std::string mask_secret_text(const std::string &text);

} // namespace surefoot::core
