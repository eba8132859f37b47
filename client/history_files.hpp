// The migrations of a folder: NNNN_name.up.sql, and beside it .down.sql and .verify.sql.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace surefoot::client {

struct MigrationFiles {
	std::string version; // as written in the file name
	std::string name;
	std::filesystem::path up;
	std::optional<std::filesystem::path> down;
	std::optional<std::filesystem::path> verify;

	std::string stem() const { return name.empty() ? version : version + "_" + name; }
};

struct FolderEntry {
	std::string version;
	std::string name;
	std::string kind; // up, down, verify
};

// What a file name says, or nothing when it is no script of ours.
std::optional<FolderEntry> parse_file_name(std::string_view file_name);

// Whether somebody may have meant it as one: it begins with a number and is SQL.
bool looks_like_migration(std::string_view file_name);

class HistoryFiles {
public:
	// Throws when the folder cannot be read or its files contradict each other.
	static HistoryFiles read(const std::filesystem::path &folder);

	// The same for a list of names, with nothing read from disk.
	static HistoryFiles from_names(const std::filesystem::path &folder,
								   std::vector<std::string> file_names);

	const MigrationFiles *find(std::string_view version) const;
	// Throws a clear error when there is no such migration, or its name is another.
	const MigrationFiles &require(std::string_view argument) const;

	const std::filesystem::path &folder() const { return folder_; }
	const std::vector<MigrationFiles> &migrations() const { return migrations_; }
	const std::vector<std::string> &ignored() const { return ignored_; }

private:
	std::filesystem::path folder_;
	std::vector<MigrationFiles> migrations_; // in order of version
	std::vector<std::string> ignored_;
};

} // namespace surefoot::client
