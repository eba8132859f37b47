/* Passwords in what is shown or stored: SQL, connection strings, URLs, messages and contexts of errors. */
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace surefoot::core {

constexpr std::string_view secret_cover = "********";

struct SecretSpan {
	size_t start, end;
};

/*
 * Where the secrets of text are, in its order, none touching another: what follows the words password, passwd and secret and looks
 * like a value, what is put together with them to SQL, and the passwords of URLs. In doubt a span covers too much. The time is
 * linear in the length of text.
 */
std::vector<SecretSpan> secret_spans(std::string_view text);

/* text with each of them covered. */
std::string mask_secret_text(std::string_view text);

/* The length of a word at i that names a secret, or 0. */
size_t secret_word(std::string_view text, size_t i);

} // namespace surefoot::core
