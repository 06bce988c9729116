import { nodeId } from "./GitHubAccountsWire.ts"
import { granted } from "./GitHubApps.ts"
import type { Fields } from "./GitHubExamples.ts"
import { GitHubPullsWire } from "./GitHubPullsWire.ts"
import {
  type CheckRun,
  type CommitStatus,
  type IssueComment,
  now,
  type PullRequest,
  type Reaction,
  type Review,
  type ReviewComment,
  timestamp
} from "./GitHubState.ts"

/**
 * JSON of what GitHub holds, as it writes it: reviews, comments, reactions and checks here, and all of the classes
 * before. It has each field that GitHub's description requires, and those that we read.
 */
export class GitHubWire extends GitHubPullsWire {
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
