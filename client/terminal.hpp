// Where output goes and how it may look there.
#pragma once

#include <string>
#include <string_view>

#include "settings.hpp"

namespace surefoot::client {

enum class Color { plain, bold, dim, red, green, yellow, cyan };

struct Terminal {
	bool progress = false; // standard error is a terminal that can redraw a line
	bool color_out = false;
	bool color_err = false;
	int columns_out = 0; // 0: unknown, lines may be of any length
	int columns_err = 80;

	// mode: auto, always, never; NO_COLOR and TERM=dumb count for auto.
	static Terminal detect(std::string_view mode, const Environment &env);
};

std::string paint(bool enabled, Color color, std::string_view text);

void put(std::string_view text); // standard output
void put_line(std::string_view text = "");
void put_error(std::string_view text); // standard error

void flush_output();

// False when nobody reads standard output any more; throws when it could not be written for another reason.
bool finish_output();

} // namespace surefoot::client
