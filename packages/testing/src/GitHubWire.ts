import { granted, type Installation } from "./GitHubApps.ts"
import type { DiffFile } from "./GitHubDiff.ts"
import { type Fields, renamedOnce } from "./GitHubExamples.ts"
import type { LogEntry } from "./GitHubGit.ts"
import {
  type Account,
  type CheckRun,
  type CommitStatus,
  type IssueComment,
  now,
  type PullRequest,
  type Reaction,
  type Repository,
  type Review,
  type ReviewComment,
  timestamp
} from "./GitHubState.ts"

/** Counts that only a diff and the comments can tell; GitHub gives them with a single pull request. */
export interface PullCounts {
  readonly commits: number
  readonly files: ReadonlyArray<DiffFile>
  readonly comments: number
  readonly reviewComments: number
}

const nodeId = (kind: string, id: number) => Buffer.from(`0:${kind}${id}`).toString("base64")

/** The forge's own words for what it holds: every field that GitHub's description requires, and the ones we read. */
export class GitHubWire {
  readonly origin: string
  readonly apiBase: string
  /** Relations of accounts to every repository, by login, where a test has set one. */
  readonly associations = new Map<string, string>()

  readonly #exampleOf: ReturnType<typeof renamedOnce>

  constructor(origin: string, apiBase: string) {
    this.origin = origin
    this.apiBase = apiBase
    this.#exampleOf = renamedOnce(origin, apiBase)
  }

  user({ id, login, type }: Account): Fields {
    const url = `${this.apiBase}/users/${encodeURIComponent(login)}`
    return {
      login,
      id,
      node_id: nodeId("User", id),
      avatar_url: `${this.origin}/avatars/${id}`,
      gravatar_id: "",
      url,
      html_url: `${this.origin}/${login.replace("[bot]", "")}`,
      followers_url: `${url}/followers`,
      following_url: `${url}/following{/other_user}`,
      gists_url: `${url}/gists{/gist_id}`,
      starred_url: `${url}/starred{/owner}{/repo}`,
      subscriptions_url: `${url}/subscriptions`,
      organizations_url: `${url}/orgs`,
      repos_url: `${url}/repos`,
      events_url: `${url}/events{/privacy}`,
      received_events_url: `${url}/received_events`,
      type,
      site_admin: false
    }
  }

  /** `GET /user`: what an account says of itself. */
  app(id: number, slug: string, owner: Account, permissions: Readonly<Record<string, string>>): Fields {
    const at = "2026-01-01T00:00:00Z"
    return {
      id,
      slug,
      node_id: `A_${id}`,
      owner: this.user(owner),
      name: slug,
      description: null,
      external_url: this.origin,
      html_url: `${this.origin}/apps/${slug}`,
      created_at: at,
      updated_at: at,
      permissions,
      events: ["pull_request"]
    }
  }

  installation({ app, id, permissions, suspended }: Installation): Fields {
    const at = "2026-01-01T00:00:00Z"
    return {
      id,
      app_id: app.id,
      app_slug: app.slug,
      target_id: app.account.id,
      target_type: "Organization",
      account: this.user(app.account),
      repository_selection: "selected",
      single_file_name: null,
      access_tokens_url: `${this.apiBase}/app/installations/${id}/access_tokens`,
      repositories_url: `${this.apiBase}/installation/repositories`,
      html_url: `${this.origin}/organizations/acme/settings/installations/${id}`,
      permissions,
      events: ["pull_request"],
      created_at: at,
      updated_at: at,
      suspended_by: null,
      suspended_at: suspended ? at : null
    }
  }

  self(account: Account): Fields {
    return {
      ...this.user(account),
      name: null,
      company: null,
      blog: null,
      location: null,
      email: null,
      hireable: null,
      bio: null,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      created_at: timestamp(now()),
      updated_at: timestamp(now())
    }
  }

  repository({ defaultBranch, fork, fullName, id, owner }: Repository): Fields {
    return {
      ...this.#exampleOf("repository", fullName, 1),
      id,
      node_id: nodeId("Repository", id),
      name: fullName.slice(fullName.indexOf("/") + 1),
      full_name: fullName,
      owner: this.user(owner),
      fork,
      default_branch: defaultBranch,
      has_discussions: false,
      network_count: 0,
      subscribers_count: 0,
      clone_url: `${this.origin}/${fullName}.git`
    }
  }

  content({ fullName }: Repository, path: string, text: string): Fields {
    const url = `${this.apiBase}/repos/${fullName}/contents/${path}`
    return {
      type: "file",
      encoding: "base64",
      size: Buffer.byteLength(text),
      name: path.split("/").at(-1) ?? path,
      path,
      // GitHub breaks the lines of base64.
      content: Buffer.from(text).toString("base64").replaceAll(/.{60}/g, "$&\n"),
      sha: "0".repeat(40),
      url,
      git_url: null,
      html_url: null,
      download_url: null,
      _links: { git: null, html: null, self: url }
    }
  }

  pull(pull: PullRequest): Fields {
    const { number, repository } = pull
    const end = (repo: Repository, ref: string, sha: string) => ({
      label: `${repo.owner.login}:${ref}`,
      ref,
      sha,
      user: this.user(repo.owner),
      repo: this.repository(repo)
    })
    const moment = (millis: number | undefined) => millis === undefined ? null : timestamp(millis)
    return {
      ...this.#exampleOf("pull_request", repository.fullName, number),
      id: pull.id,
      node_id: nodeId("PullRequest", pull.id),
      number,
      state: pull.state,
      title: pull.title,
      body: pull.body === "" ? null : pull.body,
      user: this.user(pull.author),
      created_at: timestamp(pull.createdAt),
      updated_at: timestamp(pull.updatedAt),
      closed_at: moment(pull.closedAt),
      merged_at: moment(pull.mergedAt),
      merged: pull.mergedAt !== undefined,
      statuses_url: `${this.apiBase}/repos/${repository.fullName}/statuses/${pull.headSha}`,
      head: end(pull.headRepository, pull.headBranch, pull.headSha),
      base: end(repository, pull.baseBranch, pull.baseSha),
      draft: pull.draft,
      labels: pull.labels.map((name, at) => ({
        id: at + 1,
        node_id: nodeId("Label", at + 1),
        url: `${this.apiBase}/repos/${repository.fullName}/labels/${encodeURIComponent(name)}`,
        name,
        description: "",
        color: "ededed",
        default: false
      })),
      auto_merge: null,
      author_association: this.associations.get(pull.author.login) ?? "CONTRIBUTOR"
    }
  }

  pullWithCounts(pull: PullRequest, { comments, commits, files, reviewComments }: PullCounts): Fields {
    const sum = (count: (file: DiffFile) => number) => files.reduce((total, file) => total + count(file), 0)
    return {
      ...this.pull(pull),
      mergeable: true,
      mergeable_state: "clean",
      comments,
      review_comments: reviewComments,
      commits,
      additions: sum((file) => file.additions),
      deletions: sum((file) => file.deletions),
      changed_files: files.length
    }
  }

  file(pull: PullRequest, { additions, blob, deletions, path, patch, previousPath, status }: DiffFile): Fields {
    const encoded = path.split("/").map(encodeURIComponent).join("/")
    const repository = pull.repository.fullName
    return {
      sha: blob,
      filename: path,
      status,
      additions,
      deletions,
      changes: additions + deletions,
      blob_url: `${this.origin}/${repository}/blob/${pull.headSha}/${encoded}`,
      raw_url: `${this.origin}/${repository}/raw/${pull.headSha}/${encoded}`,
      contents_url: `${this.apiBase}/repos/${repository}/contents/${encoded}?ref=${pull.headSha}`,
      ...(patch === "" ? {} : { patch }),
      ...(previousPath === undefined ? {} : { previous_filename: previousPath })
    }
  }

  commit(
    { repository }: Pick<PullRequest, "repository">,
    { date, email, message, name, parents, sha, tree }: LogEntry
  ): Fields {
    const api = `${this.apiBase}/repos/${repository.fullName}`
    const html = (id: string) => `${this.origin}/${repository.fullName}/commit/${id}`
    return {
      sha,
      node_id: nodeId("Commit", 1),
      commit: {
        author: { name, email, date },
        committer: { name, email, date },
        message,
        tree: { sha: tree, url: `${api}/git/trees/${tree}` },
        url: `${api}/git/commits/${sha}`,
        comment_count: 0
      },
      url: `${api}/commits/${sha}`,
      html_url: html(sha),
      comments_url: `${api}/commits/${sha}/comments`,
      author: null,
      committer: null,
      parents: parents.map((id) => ({ sha: id, url: `${api}/commits/${id}`, html_url: html(id) }))
    }
  }

  review({ author, body, commitId, id, pull, state, submittedAt }: Review): Fields {
    const html = `${this.#html(pull)}#pullrequestreview-${id}`
    return {
      id,
      node_id: nodeId("PullRequestReview", id),
      user: this.user(author),
      body,
      state,
      html_url: html,
      pull_request_url: this.#api(pull),
      author_association: this.associations.get(author.login) ?? "COLLABORATOR",
      _links: { html: { href: html }, pull_request: { href: this.#api(pull) } },
      commit_id: commitId,
      ...(submittedAt === undefined ? {} : { submitted_at: timestamp(submittedAt) })
    }
  }

  reviewComment(comment: ReviewComment): Fields {
    const { author, id, line, outdated, pull, review, side, startLine, startSide } = comment
    const url = `${this.apiBase}/repos/${pull.repository.fullName}/pulls/comments/${id}`
    const html = `${this.#html(pull)}#discussion_r${id}`
    return {
      url,
      pull_request_review_id: review.id,
      id,
      node_id: nodeId("PullRequestReviewComment", id),
      diff_hunk: comment.diffHunk,
      path: comment.path,
      position: outdated ? null : 1,
      original_position: 1,
      commit_id: outdated ? comment.commitId : pull.headSha,
      original_commit_id: comment.commitId,
      user: this.user(author),
      body: comment.body,
      created_at: timestamp(comment.createdAt),
      updated_at: timestamp(comment.createdAt),
      html_url: html,
      pull_request_url: this.#api(pull),
      author_association: this.associations.get(author.login) ?? "COLLABORATOR",
      _links: { self: { href: url }, html: { href: html }, pull_request: { href: this.#api(pull) } },
      start_line: outdated ? null : startLine ?? null,
      original_start_line: startLine ?? null,
      start_side: startLine === undefined ? null : startSide ?? side,
      line: outdated ? null : line,
      original_line: line,
      side,
      subject_type: "line",
      ...(comment.inReplyTo === undefined ? {} : { in_reply_to_id: comment.inReplyTo })
    }
  }

  issueComment({ author, body, createdAt, id, pull }: IssueComment): Fields {
    const api = `${this.apiBase}/repos/${pull.repository.fullName}/issues`
    return {
      id,
      node_id: nodeId("IssueComment", id),
      url: `${api}/comments/${id}`,
      html_url: `${this.#html(pull)}#issuecomment-${id}`,
      issue_url: `${api}/${pull.number}`,
      body,
      user: this.user(author),
      created_at: timestamp(createdAt),
      updated_at: timestamp(createdAt),
      author_association: this.associations.get(author.login) ?? "COLLABORATOR",
      performed_via_github_app: null
    }
  }

  reaction({ author, content, createdAt, id }: Reaction): Fields {
    return {
      id,
      node_id: nodeId("Reaction", id),
      user: this.user(author),
      content,
      created_at: timestamp(createdAt)
    }
  }

  checkRun(run: CheckRun): Fields {
    const { annotations, conclusion, id, output, repository, startedAt, status } = run
    const url = `${this.apiBase}/repos/${repository.fullName}/check-runs/${id}`
    return {
      id,
      node_id: nodeId("CheckRun", id),
      name: run.name,
      head_sha: run.headSha,
      external_id: run.externalId,
      url,
      html_url: `${this.origin}/${repository.fullName}/runs/${id}`,
      details_url: run.detailsUrl ?? null,
      status,
      conclusion: conclusion ?? null,
      started_at: timestamp(startedAt),
      completed_at: status === "completed" ? timestamp(now()) : null,
      output: {
        ...output,
        text: null,
        annotations_count: annotations.length,
        annotations_url: `${url}/annotations`
      },
      check_suite: { id: 1 },
      app: this.app(run.app.id, run.app.slug, run.app.account, granted),
      pull_requests: []
    }
  }

  commitStatus(
    { author, context, createdAt, description, id, repository, sha, state, targetUrl }: CommitStatus
  ): Fields {
    return {
      id,
      node_id: nodeId("Status", id),
      url: `${this.apiBase}/repos/${repository.fullName}/statuses/${sha}`,
      avatar_url: `${this.origin}/avatars/${author.id}`,
      state,
      description,
      target_url: targetUrl ?? null,
      context,
      created_at: timestamp(createdAt),
      updated_at: timestamp(createdAt),
      creator: this.user(author)
    }
  }

  #html({ number, repository }: PullRequest): string {
    return `${this.origin}/${repository.fullName}/pull/${number}`
  }

  #api({ number, repository }: PullRequest): string {
    return `${this.apiBase}/repos/${repository.fullName}/pulls/${number}`
  }
}
