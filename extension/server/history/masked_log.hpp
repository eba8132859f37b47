/*
 * What a statement of a script has the server log: SPI adds the statement to each warning as its context, passwords and all. Errors are
 * caught and masked where they are written down; a warning goes to the log at once.
 */
#pragma once

namespace surefoot {

/* While one lives, what is logged below an error is masked first. */
class MaskedLog {
public:
	MaskedLog();
	~MaskedLog();
	MaskedLog(const MaskedLog &) = delete;
	MaskedLog &operator=(const MaskedLog &) = delete;

	/* Installs the hook, chained to whoever was there before; once a session. */
	static void install_hook();
};

} // namespace surefoot
