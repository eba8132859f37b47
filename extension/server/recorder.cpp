#include "server/recorder.hpp"

#include "server/catalog/definitions.hpp"
#include "server/targets.hpp"

namespace surefoot {

namespace {

Recorder *active_recorder = nullptr;
ProcessUtility_hook_type next_utility = nullptr;
object_access_hook_type next_object_access = nullptr;

/* Reading definitions must not feed the recorder, nor may a definition be read while one is read. */
bool reading = false;

class Reading {
public:
	Reading() { reading = true; }
	~Reading() { reading = false; }
};

void on_utility(PlannedStmt *statement, const char *text, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	/* Subcommands come from a statement that was seen as a whole. */
	if (active_recorder != nullptr && context != PROCESS_UTILITY_SUBCOMMAND)
		entry([&] { active_recorder->see_targets(statement->utilityStmt); });
	if (next_utility)
		next_utility(statement, text, read_only_tree, context, params, environment, dest, completion);
	else
		standard_ProcessUtility(statement, text, read_only_tree, context, params, environment, dest, completion);
}

void on_object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (next_object_access)
		next_object_access(access, class_id, object_id, sub_id, arg);
	if (active_recorder == nullptr || reading)
		return;
	/* Of these a new one has no rows that could be seen yet, and no definition before. */
	const bool is_new = access == OAT_POST_CREATE && sub_id == 0 &&
						(class_id == RelationRelationId || class_id == TypeRelationId || class_id == ConstraintRelationId);
	if (is_new)
		entry([&] { active_recorder->created(class_id, object_id); });
	else if (access == OAT_POST_CREATE || access == OAT_POST_ALTER || access == OAT_DROP)
		entry([&] { active_recorder->touched(class_id, object_id, sub_id); });
}

} // namespace

void Recorder::install_hooks()
{
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = on_utility;
	next_object_access = object_access_hook;
	object_access_hook = on_object_access;
}

Recorder *Recorder::active()
{
	return active_recorder;
}

Recorder::Recorder() : outer_(active_recorder)
{
	active_recorder = this;
}

Recorder::~Recorder()
{
	active_recorder = outer_;
}

void Recorder::see(const ObjectAddress &root)
{
	if (!OidIsValid(root.classId) || !seen_.emplace(root, true).second)
		return;
	Reading guard;
	before_.add(catalog::read_definitions({root}));
}

void Recorder::see_targets(Node *statement)
{
	lock_targets(
		statement,
		[this](const ObjectAddress &found) { see(catalog::root_of(found.classId, found.objectId, found.objectSubId)); },
		[this](Oid relation) { want(relation); });
}

void Recorder::created(Oid class_id, Oid object_id)
{
	ObjectAddress address;
	ObjectAddressSet(address, class_id, object_id);
	unresolved_.emplace(address, true);
}

void Recorder::touched(Oid class_id, Oid object_id, int32 sub_id)
{
	Reading guard;
	const ObjectAddress root = catalog::root_of(class_id, object_id, sub_id);
	if (!OidIsValid(root.classId)) {
		ObjectAddress address;
		ObjectAddressSubSet(address, class_id, object_id, sub_id);
		unresolved_.emplace(address, true);
	} else if (seen_.emplace(root, true).second)
		before_.add(catalog::read_definitions({root}));
}

std::vector<core::Change> Recorder::changes()
{
	Reading guard;
	/* What was created has rows now: its top-level object is new itself, or has been seen already. */
	for (const auto &[address, unused] : unresolved_) {
		const ObjectAddress root = catalog::root_of(address.classId, address.objectId, address.objectSubId);
		if (OidIsValid(root.classId))
			seen_.emplace(root, true);
	}
	unresolved_.clear();
	std::vector<ObjectAddress> roots;
	roots.reserve(seen_.size());
	for (const auto &[address, unused] : seen_)
		roots.push_back(address);
	return core::difference(before_, catalog::read_definitions(roots));
}

} // namespace surefoot
