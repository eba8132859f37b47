#include "history_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "failure.hpp"
#include "text.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace fs = std::filesystem;

std::optional<FolderEntry> parse_file_name(std::string_view file_name)
{
	FolderEntry entry;
	for (std::string_view kind : {"up", "down", "verify"}) {
		std::string ending = fmt::format(".{}.sql", kind);
		if (!file_name.ends_with(ending))
			continue;
		entry.kind = kind;
		file_name.remove_suffix(ending.size());
		break;
	}
	if (entry.kind.empty())
		return std::nullopt;
	size_t underscore = file_name.find('_');
	entry.version = file_name.substr(0, underscore);
	if (underscore != std::string_view::npos)
		entry.name = file_name.substr(underscore + 1);
	if (!is_version(entry.version))
		return std::nullopt;
	return entry;
}

bool looks_like_migration(std::string_view file_name)
{
	if (file_name.starts_with('V') || file_name.starts_with('v') || file_name.starts_with('U') ||
		file_name.starts_with('u'))
		file_name.remove_prefix(1);
	if (file_name.empty() || file_name.front() < '0' || file_name.front() > '9' ||
		file_name.size() < 4)
		return false;
	std::string ending(file_name.substr(file_name.size() - 4));
	for (char &c : ending)
		c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
	return ending == ".sql";
}

namespace {

// The three slots of one version while the folder is read.
struct Slots {
	std::map<std::string, std::pair<std::string, FolderEntry>> by_kind; // kind -> file name, entry
};

MigrationFiles join_slots(const fs::path &folder, const Slots &slots)
{
	auto up = slots.by_kind.find("up");
	if (up == slots.by_kind.end()) {
		const auto &[file, entry] = slots.by_kind.begin()->second;
		throw file_failure(
			fmt::format("\"{}\" has no up script", (folder / file).string()),
			fmt::format("Add {}_{}.up.sql, or remove the file.", entry.version, entry.name));
	}
	const auto &[up_file, up_entry] = up->second;
	MigrationFiles files{up_entry.version, up_entry.name, folder / up_file, {}, {}};
	for (const auto &[kind, slot] : slots.by_kind) {
		const auto &[file, entry] = slot;
		if (entry.name != up_entry.name)
			throw file_failure(fmt::format("two names for version {}: \"{}\" and \"{}\"",
										   version_key(entry.version), up_file, file),
							   "Give the scripts of one migration one name, or the other migration "
							   "another version.");
		if (kind == "down")
			files.down = folder / file;
		else if (kind == "verify")
			files.verify = folder / file;
	}
	return files;
}

} // namespace

HistoryFiles HistoryFiles::from_names(const fs::path &folder, std::vector<std::string> file_names)
{
	HistoryFiles history;
	history.folder_ = folder;
	std::sort(file_names.begin(), file_names.end());
	std::map<std::string, Slots, VersionLess> versions;
	for (const std::string &file : file_names) {
		auto entry = parse_file_name(file);
		if (!entry) {
			history.ignored_.push_back(file);
			continue;
		}
		Slots &slots = versions[version_key(entry->version)];
		auto [slot, fresh] = slots.by_kind.try_emplace(entry->kind, file, *entry);
		if (!fresh)
			throw file_failure(
				fmt::format("two files of version {}: \"{}\" and \"{}\"",
							version_key(entry->version), slot->second.first, file),
				"Versions compare as numbers, so 0019 and 19 are one; give one of them another.");
	}
	history.migrations_.reserve(versions.size());
	for (const auto &[key, slots] : versions)
		history.migrations_.push_back(join_slots(folder, slots));
	return history;
}

HistoryFiles HistoryFiles::read(const fs::path &folder)
{
	std::error_code error;
	fs::directory_iterator entries(folder, error);
	if (error)
		throw file_failure(fmt::format("could not read the folder of migrations \"{}\": {}",
									   folder.string(), error.message()),
						   "Give the folder with --dir or SUREFOOT_DIR, or make a first migration: "
						   "surefoot new NAME");
	std::vector<std::string> names;
	for (const fs::directory_entry &entry : entries)
		if (!entry.is_directory(error))
			names.push_back(entry.path().filename().string());
	return from_names(folder, std::move(names));
}

const MigrationFiles *HistoryFiles::find(std::string_view version) const
{
	auto at = std::lower_bound(migrations_.begin(), migrations_.end(), version,
							   [](const MigrationFiles &files, std::string_view wanted) {
								   return compare_versions(files.version, wanted) < 0;
							   });
	if (at == migrations_.end() || compare_versions(at->version, version) != 0)
		return nullptr;
	return &*at;
}

const MigrationFiles &HistoryFiles::require(std::string_view argument) const
{
	VersionArgument wanted = parse_version_argument(argument);
	const MigrationFiles *files = find(wanted.version);
	if (!files) {
		std::string have = migrations_.empty()
							   ? "The folder holds no migration."
							   : fmt::format("The folder holds {} to {}.",
											 migrations_.front().stem(), migrations_.back().stem());
		throw file_failure(
			fmt::format("no up script of version {} in \"{}\"", wanted.version, folder_.string()),
			have);
	}
	if (!wanted.name.empty() && wanted.name != files->name)
		throw file_failure(fmt::format("version {} is \"{}\", not \"{}\"", wanted.version,
									   files->stem(), argument));
	return *files;
}

} // namespace surefoot::client
