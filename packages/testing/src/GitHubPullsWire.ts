import { GitHubAccountsWire, nodeId } from "./GitHubAccountsWire.ts"
import type { DiffFile } from "./GitHubDiff.ts"
import type { Fields } from "./GitHubExamples.ts"
import type { LogEntry } from "./GitHubGit.ts"
import { type PullRequest, type Repository, timestamp } from "./GitHubState.ts"

/** Counts that only a diff and the comments can tell; GitHub gives them with a single pull request. */
export interface PullCounts {
  readonly commits: number
  readonly files: ReadonlyArray<DiffFile>
  readonly comments: number
  readonly reviewComments: number
}

/** JSON of pull requests, their files and their commits, as GitHub writes it. */
export class GitHubPullsWire extends GitHubAccountsWire {
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
      ...this.exampleOf("pull_request", repository.fullName, number),
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
}
