import { Effect } from "effect"
import { join } from "node:path"
import type { Api } from "./GitHubApi.ts"
import { type Commit, commit, createBare, git, revision } from "./GitHubGit.ts"
import { isOutdated } from "./GitHubReviews.ts"
import { now, type PullRequest, type Repository } from "./GitHubState.ts"

/** Commits, oldest first. */
export type Commits = readonly [Commit, ...Array<Commit>]

/** A pull request that is to be opened. */
export interface OpenRequest {
  readonly repository: Repository
  readonly commits: Commits
  readonly title?: string
  readonly body?: string
  readonly author?: string
  readonly headBranch?: string
  readonly baseBranch?: string
  readonly draft?: boolean
  /** The owner of the fork that the branch is in; absent: the branch is in the repository itself. */
  readonly fork?: string
}

const seconds = () => Math.floor(now() / 1000)
const pullRef = (number: number) => `refs/pull/${number}/head`

/** The things that people do on a forge, done with real git. */
export const makeScenario = (api: Api, directory: string) => {
  const { state } = api

  const register = (fullName: string, place: string, fork: boolean): Repository => {
    const owner = state.account(fullName.slice(0, fullName.indexOf("/")))
    const repository = { id: state.nextId(), fullName, owner, directory: place, defaultBranch: "main", fork }
    state.repositories.set(fullName.toLowerCase(), repository)
    return repository
  }

  const addRepository = Effect.fn("GitHubEmulator.addRepository")(function*(fullName: string, commits: Commits) {
    const place = join(directory, `${fullName}.git`)
    yield* createBare(place)
    yield* commit(place, commits, { refs: ["refs/heads/main"] }, seconds())
    return register(fullName, place, false)
  })

  // A fork has its own branches and borrows its objects, as on GitHub.
  const forkOf = Effect.fnUntraced(function*(repository: Repository, owner: string) {
    const fullName = `${owner}/${repository.fullName.slice(repository.fullName.indexOf("/") + 1)}`
    const known = state.repository(fullName)
    if (known !== undefined) return known
    const place = join(directory, `${fullName}.git`)
    yield* createBare(place, repository.directory)
    return register(fullName, place, true)
  })

  /** The refs of a pull request's head that lie in its base repository. */
  const headRefs = ({ headBranch, headRepository, number, repository }: PullRequest) =>
    headRepository === repository
      ? [pullRef(number), `refs/heads/${headBranch}`] as const
      : [pullRef(number)] as const

  const showInFork = ({ headBranch, headRepository, headSha, repository }: PullRequest) =>
    headRepository === repository
      ? Effect.void
      : git(headRepository.directory, ["update-ref", `refs/heads/${headBranch}`, headSha])

  const openPullRequest = Effect.fn("GitHubEmulator.openPullRequest")(function*(request: OpenRequest) {
    const { author = "mara", baseBranch = "main", commits, repository } = request
    const number = 1 + state.pulls.filter((pull) => pull.repository === repository).length
    const headBranch = request.headBranch ?? `feature-${number}`
    const headRepository = request.fork === undefined ? repository : yield* forkOf(repository, request.fork)
    const baseSha = yield* revision(repository.directory, `refs/heads/${baseBranch}`)
    const opened = now()
    const pull: PullRequest = {
      id: state.nextId(),
      number,
      repository,
      headRepository,
      headBranch,
      baseBranch,
      author: state.account(author),
      createdAt: opened,
      title: request.title ?? commits[0].message,
      body: request.body ?? "",
      headSha: baseSha,
      baseSha,
      state: "open",
      mergedAt: undefined,
      closedAt: undefined,
      draft: request.draft ?? false,
      labels: [],
      updatedAt: opened,
      pushedAt: opened
    }
    pull.headSha = yield* commit(
      repository.directory,
      commits,
      { refs: headRefs(pull), parent: baseSha },
      seconds()
    )
    yield* showInFork(pull)
    state.pulls.push(pull)
    return pull
  })

  const moveHead = Effect.fnUntraced(function*(pull: PullRequest, commits: Commits, parent: string) {
    const before = pull.headSha
    const refs = headRefs(pull)
    pull.headSha = yield* commit(pull.repository.directory, commits, { refs, parent }, seconds())
    pull.updatedAt = now()
    pull.pushedAt = pull.updatedAt
    yield* showInFork(pull)
    for (const comment of state.reviewComments.filter((candidate) => candidate.pull === pull)) {
      comment.outdated = yield* isOutdated(api, comment)
    }
    return before
  })

  return {
    addRepository,
    openPullRequest,
    /** Adds commits to the head; answers with the head before. */
    push: Effect.fn("GitHubEmulator.push")((pull: PullRequest, commits: Commits) =>
      moveHead(pull, commits, pull.headSha)
    ),
    /** Replaces the pull request's commits; answers with the head before. */
    forcePush: Effect.fn("GitHubEmulator.forcePush")((pull: PullRequest, commits: Commits) =>
      moveHead(pull, commits, pull.baseSha)
    ),
    /** Adds commits to a branch of the repository itself, as after another pull request's merge. */
    commitTo: Effect.fn("GitHubEmulator.commitTo")(
      function*(repository: Repository, branch: string, commits: Commits) {
        const ref = `refs/heads/${branch}`
        const parent = yield* revision(repository.directory, ref)
        return yield* commit(repository.directory, commits, { refs: [ref], parent }, seconds())
      }
    ),
    close: (pull: PullRequest, { merged }: { readonly merged: boolean }): void => {
      const at = now()
      Object.assign(pull, { state: "closed", closedAt: at, mergedAt: merged ? at : undefined, updatedAt: at })
    },
    reopen: (pull: PullRequest): void => {
      const createdAt = now()
      Object.assign(pull, { state: "open", closedAt: undefined, updatedAt: createdAt })
      state.timeline.push({ pull, type: "ReopenedEvent", by: pull.author, label: undefined, createdAt })
    },
    markReady: (pull: PullRequest): void => {
      const createdAt = now()
      Object.assign(pull, { draft: false, updatedAt: createdAt })
      state.timeline.push({ pull, type: "ReadyForReviewEvent", by: pull.author, label: undefined, createdAt })
    },
    label: (pull: PullRequest, by: string, label: string): void => {
      const createdAt = now()
      Object.assign(pull, { labels: [...pull.labels, label], updatedAt: createdAt })
      state.timeline.push({ pull, type: "LabeledEvent", by: state.account(by), label, createdAt })
    }
  }
}
