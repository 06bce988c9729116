/** Permissions of a GitHub App that reviews. `checks` is for the check on the commit. Docs and manifest follow from it. */
export const appPermissions = { checks: "write", contents: "read", issues: "write", pull_requests: "write" } as const

/** Permissions of a review without a check. */
export const permissionsWithoutChecks = {
  contents: appPermissions.contents,
  issues: appPermissions.issues,
  pull_requests: appPermissions.pull_requests
} as const

/**
 * Events that a GitHub App has to subscribe to. It is told of checks that are to run again by itself, once it has the
 * permission for checks.
 */
export const appEvents = [
  "issue_comment",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment"
] as const
