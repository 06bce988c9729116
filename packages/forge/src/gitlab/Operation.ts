import type { PullRequestRef } from "@nominal-code/domain/event/PullRequest"

/** Operation's name in errors: `GitLab.publish acme/shop!7`. */
export const operationOf = (operation: string, { number, repo }: PullRequestRef) =>
  `GitLab.${operation} ${repo}!${number}`
