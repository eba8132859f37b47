#include "core/plan.hpp"

#include <gtest/gtest.h>

using namespace surefoot::core;

namespace {

Operation transactional(const char *sql, bool boundary = false)
{
	Operation operation;
	operation.sql = sql;
	operation.boundary_before = boundary;
	return operation;
}

Operation concurrent(const char *sql)
{
	Operation operation;
	operation.kind = OperationKind::concurrent;
	operation.sql = sql;
	return operation;
}

/* "t:a,b c:d" */
std::string shape(std::vector<Operation> operations)
{
	std::string result;
	for (const PlannedStep &step : group_into_steps(std::move(operations))) {
		result += result.empty() ? "" : " ";
		result += step.kind == OperationKind::concurrent ? "c" : "t";
		char separator = ':';
		for (const Operation &operation : step.operations) {
			result += separator + operation.sql;
			separator = ',';
		}
	}
	return result;
}

} // namespace

TEST(Plan, NothingHasNoSteps)
{
	EXPECT_EQ(shape({}), "");
}

TEST(Plan, TransactionsAreAsLongAsPossible)
{
	EXPECT_EQ(shape({transactional("a"), transactional("b"), transactional("c")}), "t:a,b,c");
}

TEST(Plan, EveryConcurrentOperationIsAStep)
{
	EXPECT_EQ(shape({concurrent("a"), concurrent("b")}), "c:a c:b");
	EXPECT_EQ(shape({transactional("a"), concurrent("b"), transactional("c"), transactional("d")}),
			  "t:a c:b t:c,d");
}

TEST(Plan, ABoundaryEndsATransaction)
{
	EXPECT_EQ(shape({transactional("a"), transactional("b", true), transactional("c")}),
			  "t:a t:b,c");
}

TEST(Plan, ABoundaryAtTheStartMakesNoEmptyStep)
{
	EXPECT_EQ(shape({transactional("a", true), transactional("b")}), "t:a,b");
}

TEST(Plan, ABoundaryAfterAConcurrentOperationAddsNothing)
{
	EXPECT_EQ(shape({concurrent("a"), transactional("b", true), transactional("c", true)}),
			  "c:a t:b t:c");
}
