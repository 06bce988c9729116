import { randomBytes } from "node:crypto"
import { now } from "./GitHubState.ts"
import type { LineRange, Position } from "./GitLabPositions.ts"

/** An account on the emulated GitLab. Its `token` opens the API and git. */
export interface Account {
  readonly id: number
  readonly username: string
  readonly name: string
  /** Bots are the accounts of project and group access tokens. */
  readonly bot: boolean
  readonly token: string
}

/** GitLab's access levels: 10 guest, 20 reporter, 30 developer, 40 maintainer, 50 owner. */
export type AccessLevel = 10 | 20 | 30 | 40 | 50

/** A project: a bare repository on disk. Its path has one or more groups: `acme/backend/shop`. */
export interface Project {
  readonly id: number
  readonly path: string
  readonly directory: string
  readonly defaultBranch: string
  /** The project that this one was forked from. */
  readonly forkOf: Project | undefined
  readonly members: Map<Account, AccessLevel>
  archived: boolean
  /** True if only members see it, as with the private fork that a confidential merge request lies in. */
  private: boolean
}

/** The commits that one version of a merge request's diff is between. */
export interface DiffRefs {
  /** The merge base of both branches. */
  readonly base: string
  /** The target branch's head when the version was made. */
  readonly start: string
  readonly head: string
}

/** One version of a merge request's diff. */
export interface Version extends DiffRefs {
  readonly madeAt: number
}

/** A merge request as it stands. */
export interface MergeRequest {
  readonly id: number
  readonly iid: number
  readonly project: Project
  readonly source: Project
  readonly sourceBranch: string
  readonly targetBranch: string
  readonly author: Account
  readonly createdAt: number
  /** Every version of the diff, the newest last. */
  readonly versions: Array<Version>
  title: string
  description: string
  draft: boolean
  state: "opened" | "closed" | "merged"
  labels: ReadonlyArray<string>
  /** Nobody but members may comment. */
  locked: boolean
  updatedAt: number
}

/** One comment of a discussion. */
export interface Note {
  readonly id: number
  readonly discussion: Discussion
  readonly author: Account
  readonly createdAt: number
  /** GitLab wrote it: "added 2 commits". */
  readonly system: boolean
  body: string
  /** Time of the last change of its text. */
  editedAt?: number | undefined
  /** True if only members of the project see it. */
  internal?: boolean
}

/** A conversation: on one place of the diff where it has a position, else below the merge request. */
export interface Discussion {
  readonly id: string
  readonly request: MergeRequest
  readonly position: Position | undefined
  readonly lineCode: string | undefined
  /** A plain comment. An answer makes it a thread. */
  individual: boolean
  /** True if GitLab shows it to nobody whom a test asks as: it may name an issue of another project. */
  hidden?: boolean
  resolvedBy: Account | undefined
}

/** A comment that its author alone can see, until it is published. */
export interface DraftNote {
  readonly id: number
  readonly request: MergeRequest
  readonly author: Account
  readonly position: Position | undefined
  readonly lineRange: LineRange | undefined
  /** Absent for a position that GitLab cannot find in the diff. Publishing loses such a draft without a word. */
  readonly lineCode: string | undefined
  readonly replyTo: Discussion | undefined
  readonly resolves: boolean
  body: string
}

/** An emoji on a merge request (`request:7`) or a comment (`note:31`). */
export interface AwardEmoji {
  readonly id: number
  readonly subject: string
  readonly name: string
  readonly author: Account
}

/** The status of a commit, by name. */
export interface CommitStatus {
  readonly id: number
  readonly project: Project
  readonly sha: string
  readonly name: string
  readonly author: Account
  state: string
  description: string
  targetUrl: string | undefined
  readonly createdAt: number
  finishedAt: number | undefined
}

/** A job of a pipeline. */
export interface PipelineJob {
  readonly name: string
  readonly status: "failed" | "success" | "running" | "canceled"
  readonly allowFailure?: boolean
}

/** A pipeline of a merge request, which ran in its source project. */
export interface Pipeline {
  readonly id: number
  readonly project: Project
  readonly request: MergeRequest
  readonly sha: string
  /** The branch, or the ref of the commit that a merge would make. */
  readonly ref: string
  /** Commits that its commit was made of. */
  readonly parents: ReadonlyArray<string>
  readonly source: "push" | "merge_request_event" | "external"
  readonly status: "failed" | "success" | "running"
  readonly jobs: ReadonlyArray<PipelineJob>
}

/** An event of a label or of the state of a merge request. */
export interface ResourceEvent {
  readonly id: number
  readonly request: MergeRequest
  readonly by: Account
  readonly createdAt: number
  /** Name of the label that was added. Absent: the merge request was opened again. */
  readonly label?: string
}

/** A quick action that a posted text has carried out. */
export interface QuickAction {
  readonly request: MergeRequest
  readonly author: Account
  readonly line: string
}

/** Everything that the emulated GitLab remembers. */
export class GitLabState {
  readonly accounts = new Map<string, Account>()
  readonly projects: Array<Project> = []
  readonly requests: Array<MergeRequest> = []
  readonly discussions: Array<Discussion> = []
  readonly notes: Array<Note> = []
  readonly drafts: Array<DraftNote> = []
  readonly awards: Array<AwardEmoji> = []
  readonly statuses: Array<CommitStatus> = []
  readonly pipelines: Array<Pipeline> = []
  readonly quickActions: Array<QuickAction> = []
  readonly events: Array<ResourceEvent> = []
  readonly #tokens = new Map<string, Account>()
  #lastId = 1000

  nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  /** The account of that name, made with a fresh token when it is not there yet. */
  account(username: string, bot = false): Account {
    const known = this.accounts.get(username.toLowerCase())
    if (known !== undefined) return known
    const token = `glpat-${randomBytes(15).toString("base64url")}`
    const account = { id: this.nextId(), username, name: username, bot, token }
    this.accounts.set(username.toLowerCase(), account)
    return account
  }

  /** Another token of an account, by which the requests of two clients can be told apart. */
  addToken(account: Account): string {
    const token = `glpat-${randomBytes(15).toString("base64url")}`
    this.#tokens.set(token, account)
    return token
  }

  accountOfToken(token: string): Account | undefined {
    return this.#tokens.get(token) ?? [...this.accounts.values()].find((account) => account.token === token)
  }

  /** A project by its number or its path, as the API names it. */
  project(name: string): Project | undefined {
    return this.projects.find(({ id, path }) => String(id) === name || path.toLowerCase() === name.toLowerCase())
  }

  request(project: Project, iid: number): MergeRequest | undefined {
    return this.requests.find((request) => request.project === project && request.iid === iid)
  }

  discussionsOf(request: MergeRequest): ReadonlyArray<Discussion> {
    return this.discussions.filter((discussion) => discussion.request === request)
  }

  notesOf(discussion: Discussion): ReadonlyArray<Note> {
    return this.notes.filter((note) => note.discussion === discussion)
  }

  /** The drafts of a merge request that an account may see: its own. */
  draftsOf(request: MergeRequest, author: Account): ReadonlyArray<DraftNote> {
    return this.drafts.filter((draft) => draft.request === request && draft.author === author)
  }

  /** Begins a discussion with its first note. */
  discuss(
    request: MergeRequest,
    author: Account,
    body: string,
    place: Pick<Discussion, "position" | "lineCode" | "individual"> & { readonly system?: boolean }
  ): Note {
    const { system = false, ...where } = place
    const discussion = { id: randomBytes(20).toString("hex"), request, resolvedBy: undefined, ...where }
    this.discussions.push(discussion)
    return this.addNote(discussion, author, body, system)
  }

  addNote(discussion: Discussion, author: Account, body: string, system = false): Note {
    const note = { id: this.nextId(), discussion, author, createdAt: now(), system, body }
    this.notes.push(note)
    return note
  }

  remove<A>(list: Array<A>, item: A): void {
    const at = list.indexOf(item)
    if (at !== -1) list.splice(at, 1)
  }
}

/** The newest version of a merge request's diff. */
export const refsOf = ({ versions }: MergeRequest): DiffRefs => {
  const newest = versions.at(-1)
  if (newest === undefined) throw new Error("a merge request has a version from its first commit on")
  return newest
}
