#include "core/plan.hpp"

#include <utility>

namespace surefoot::core {

std::vector<PlannedStep> group_into_steps(std::vector<Operation> operations)
{
	std::vector<PlannedStep> steps;
	for (Operation &operation : operations) {
		const bool joins = !steps.empty() && !operation.boundary_before &&
						   operation.kind == OperationKind::transactional &&
						   steps.back().kind == OperationKind::transactional;
		if (!joins)
			steps.push_back({operation.kind, {}});
		steps.back().operations.push_back(std::move(operation));
	}
	return steps;
}

} // namespace surefoot::core
