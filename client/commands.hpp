// One function a command; each returns the exit code or throws a Failure.
#pragma once

namespace surefoot::client {

struct Run;

int command_new(Run &run);
int command_show(Run &run);
int command_status(Run &run);
int command_plan(Run &run);
int command_checklist(Run &run);
int command_rehearse(Run &run);
int command_apply(Run &run);
int command_revert(Run &run);
int command_resume(Run &run);
int command_cancel(Run &run);
int command_validate(Run &run);
int command_drift(Run &run);
int command_jobs(Run &run);
int command_archive(Run &run);
int command_log(Run &run);
int command_version(Run &run);

} // namespace surefoot::client
