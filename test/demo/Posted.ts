import type { DiffFile } from "@nominal-code/testing/GitHubDiff"
import type { GitHubEmulator } from "@nominal-code/testing/GitHubEmulator"
import type { PullRequest, Review, ReviewComment } from "@nominal-code/testing/GitHubState"

/** A comment's text in its parts. */
export interface CommentText {
  /** `Critical · security · high confidence`; empty where the comment does not begin so. */
  readonly head: string
  readonly body: string
  /** The code that is to stand in place of the commented lines. */
  readonly suggestion: ReadonlyArray<string> | undefined
}

/** One line of code beside a comment. */
export interface CodeLine {
  readonly number: number
  readonly text: string
  /** True if the comment is about this line. */
  readonly meant: boolean
}

/** A review as it stands on the pull request. */
export interface PostedReview {
  readonly pull: PullRequest
  readonly review: Review
  readonly summary: string
  /** The first comment of each thread. */
  readonly comments: ReadonlyArray<ReviewComment>
  readonly replies: ReadonlyArray<ReviewComment>
  readonly files: ReadonlyArray<DiffFile>
}

const withoutMarkers = (text: string): string => text.replaceAll(/<!--.*?-->/gs, "").trim()

/** The HTML that folds a list, in Markdown: neither the terminal nor the page folds. */
const unfolded = (text: string): string =>
  text.replaceAll(/<summary>(.*?)<\/summary>/g, "**$1**").replaceAll(/^<\/?details>\n?/gm, "").trim()

const fence = /\n*(`{3,})suggestion\n([\s\S]*?)\n?\1\s*$/

/** Reads a comment as the forge would render it: without its hidden marker, the suggestion apart. */
export const readComment = (body: string): CommentText => {
  const text = withoutMarkers(body)
  const [whole = "", , code] = fence.exec(text) ?? []
  const [head = "", ...rest] = text.slice(0, text.length - whole.length).split("\n\n")
  const isHead = /^\S+ \*\*\w+\*\*/.test(head)
  return {
    head: isHead ? head.replaceAll("**", "").replace(/^\W+/, "") : "",
    body: (isHead ? rest.join("\n\n") : [head, ...rest].join("\n\n")).trim(),
    suggestion: code === "" ? [] : code?.split("\n")
  }
}

/** The commented lines and a few before them, on the comment's side of the diff. */
export const codeAround = (
  { line, path, side, startLine = line }: ReviewComment,
  files: ReadonlyArray<DiffFile>
): ReadonlyArray<CodeLine> => {
  const lines = files.find((file) => file.path === path)?.lines ?? []
  const contextLines = 2
  return lines.flatMap(({ left, right, text }) => {
    const number = side === "LEFT" ? left : right
    if (number === undefined || number < startLine - contextLines || number > line) return []
    return [{ number, text: text.slice(1), meant: number >= startLine }]
  })
}

/** One line of a suggestion beside what it replaces. */
export interface ChangedLine {
  readonly sign: " " | "-" | "+"
  readonly text: string
}

/** A suggestion as a diff: lines that stay are shown once. */
export const suggestedChange = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): ReadonlyArray<ChangedLine> => {
  const added = (texts: ReadonlyArray<string>) => texts.map((text): ChangedLine => ({ sign: "+", text }))
  const lines: Array<ChangedLine> = []
  let next = 0
  for (const text of before) {
    const at = after.indexOf(text, next)
    if (at === -1) lines.push({ sign: "-", text })
    else {
      lines.push(...added(after.slice(next, at)), { sign: " ", text })
      next = at + 1
    }
  }
  return [...lines, ...added(after.slice(next))]
}

const severities = ["Critical", "High", "Medium", "Low"]

/** Severity in a comment: `critical` … `low`; empty where it does not say. */
export const severityOf = ({ body }: ReviewComment): string =>
  severities.find((severity) => readComment(body).head.startsWith(severity))?.toLowerCase() ?? ""

const rank = (comment: ReviewComment) => severities.findIndex((name) => name.toLowerCase() === severityOf(comment))

/**
 * A bot's posts: its newest review with a summary, and the first comments of its threads, the worst first;
 * undefined while there is no review.
 */
export const postedReview = (
  { state }: GitHubEmulator,
  pull: PullRequest,
  bot: string,
  files: ReadonlyArray<DiffFile>
): PostedReview | undefined => {
  const review = state.reviews.findLast((candidate) =>
    candidate.pull === pull && candidate.author.login === bot && candidate.state !== "PENDING" && candidate.body !== ""
  )
  if (review === undefined) return undefined
  const all = state.reviewCommentsOf(pull)
  const comments = all.filter(({ author, inReplyTo }) => author.login === bot && inReplyTo === undefined)
  return {
    pull,
    review,
    summary: unfolded(withoutMarkers(review.body)),
    comments: comments.toSorted((one, other) => rank(one) - rank(other)),
    replies: all.filter(({ inReplyTo }) => inReplyTo !== undefined),
    files
  }
}
