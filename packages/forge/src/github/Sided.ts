import type { RepoName } from "@nominal-code/domain/event/PullRequest"
import type { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Effect } from "effect"
import { makeFailedUpdates } from "../Checks.ts"
import { Forge } from "../Forge.ts"
import { ForgeError } from "../ForgeError.ts"
import { withInstallationOf } from "../Installation.ts"

type Service = Forge["Service"]

/** An App and a token side by side. */
export interface Sides {
  readonly app: Service
  readonly token: Service
  /** True if the App reviews a repository. */
  covers(repo: RepoName): Effect.Effect<boolean, ForgeError>
}

/** True where an installation of the App has lost the repository, among other reasons. */
const isNotFound = (error: unknown): error is ForgeError =>
  error instanceof ForgeError && error.reason._tag === "NotFound"

/** Makes the forge that carries out each call as the App or with the token, as it is chosen for the call's repository. */
export const makeSided = Effect.fnUntraced(function*({ app, covers, token }: Sides) {
  /** A call whose token the App was refused, because it has lost the repository by now, goes on with the other token. */
  const on = <A, E, R>(
    repo: RepoName,
    call: (forge: Service) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | ForgeError, R> =>
    Effect.flatMap(
      covers(repo),
      (covered) =>
        !covered ?
          call(token) :
          Effect.catchIf(call(app), isNotFound, (error) =>
            Effect.flatMap(covers(repo), (stillCovered) => stillCovered ? Effect.fail(error) : call(token)))
    )

  const logFailed = yield* makeFailedUpdates

  const onEvent = <A, E, R>(event: PullRequestEvent, call: (forge: Service) => Effect.Effect<A, E, R>) =>
    on(event.pullRequest.repo, call).pipe(withInstallationOf(event))

  return Forge.of({
    platform: app.platform,
    headRef: app.headRef,
    acknowledge: (event) => onEvent(event, (forge) => forge.acknowledge(event)),
    pullRequest: (ref) => on(ref.repo, (forge) => forge.pullRequest(ref)),
    changedFiles: (ref) => on(ref.repo, (forge) => forge.changedFiles(ref)),
    look: (ref, jobId) => on(ref.repo, (forge) => forge.look(ref, jobId)),
    linkedIssues: (pullRequest, known) => on(pullRequest.ref.repo, (forge) => forge.linkedIssues(pullRequest, known)),
    failedChecks: app.failedChecks,
    ownPosts: (ref, jobId) => on(ref.repo, (forge) => forge.ownPosts(ref, jobId)),
    publish: (draft, known) => on(draft.pullRequest.repo, (forge) => forge.publish(draft, known)),
    reply: (event, ...answer) => on(event.pullRequest.repo, (forge) => forge.reply(event, ...answer)),
    resolveThread: (thread) => on(thread.pullRequest.repo, (forge) => forge.resolveThread(thread)),
    settle: (thread, ...reply) => on(thread.pullRequest.repo, (forge) => forge.settle(thread, ...reply)),
    check: (commit, state) =>
      Effect.catch(on(commit.pullRequest.repo, (forge) => forge.check(commit, state)), logFailed),
    cloneSource: (repo) => on(repo, (forge) => forge.cloneSource(repo)),
    checkAccess: (repo) => on(repo, (forge) => forge.checkAccess(repo)),
    file: (repo, branch, path) => on(repo, (forge) => forge.file(repo, branch, path)),
    relation: (event) => onEvent(event, (forge) => forge.relation(event))
  })
})
