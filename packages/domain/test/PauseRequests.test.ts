import { assert, describe, it } from "@effect/vitest"
import { commandOf, parse } from "@nominal-code/domain/command/CommandParser"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { Option } from "effect"
import { comment } from "./Comment.ts"

const tagOf = (text: string): string =>
  Option.match(parse(text), { onNone: () => "nothing", onSome: ({ _tag }) => _tag })

describe("a text with the word of a command", () => {
  /** Requests to the reviewer. */
  const requests = [
    "stop",
    "stop it",
    "stop here",
    "stop this",
    "pause",
    "pause this PR",
    "pause everything",
    "suspend reviews",
    "hold off until tomorrow",
    "hold off until I am done",
    "pause until further notice",
    "pause until next week",
    "pause until it is ready",
    "pause till tomorrow",
    "pause until the release",
    "pause for a while",
    "pause while I finish this",
    "pause until this PR is merged",
    "stop until we are ready",
    "stop until I say so",
    "halt until it's rebased",
    "pause, I'll rebase first",
    "pause: this PR is a draft",
    "pause - still work in progress",
    "stop, not done",
    "stop! It is not ready.",
    "stop, too many comments",
    "pause, let us discuss it",
    "pause (until Monday)",
    "stop reviewing until the connection is closed",
    "do not review this until the buffer is bounded",
    "no more reviews until the tests pass",
    "stop commenting",
    "don't comment on this PR",
    "no more comments",
    "leave me alone",
    "leave this alone",
    "mute your comments"
  ]
  /** Sentences about code, and those of which nobody can tell. */
  const aboutCode = [
    "stop until the connection is closed",
    "stop until the queue is empty",
    "pause until the lock is free",
    "pause until the buffer has room",
    "suspend until the promise settles",
    "halt until the child has ended",
    "hold off until the retry is over",
    "pause when the buffer is full",
    "pause if nothing reads",
    "stop when the stream ends",
    "stop as soon as one of them fails",
    "stop before the second write",
    "stop after the first match",
    "stop on each commit",
    "stop at every push",
    "pause for each new commit",
    "stop the timer here",
    "stop the server first",
    "stop the change stream",
    "stop the branch",
    "pause the branch",
    "suspend the branch until it is merged",
    "pause the worker while it drains",
    "pause while it drains",
    "pause for a second",
    "halt the change",
    "stop, this leaks the connection",
    "stop, the buffer is not ready",
    "stop: the socket is still open",
    "stop, we close it twice here",
    "stop, I am not sure this is closed",
    "stop, when the buffer is full",
    "stop, if we are done",
    "pause, then retry",
    "pause and resume the stream",
    "pause - otherwise the reader starves",
    "pause, until the reader has caught up",
    "pause\nuntil the reader has caught up",
    "pause, too many retries",
    "pause, there is not enough memory",
    "do not comment this out",
    "don't comment the line out",
    "never comment it",
    "no comments here",
    "disable comments",
    "skip the comments",
    "skip comments",
    "turn off all comments",
    "skip this branch",
    "skip the change",
    "let it be null",
    "leave this alone when it is null",
    "mute the warning",
    "ignore: the value is unused",
    "ignore this, the value is unused",
    "ignore, if it is empty",
    "ignore this, it's a false positive"
  ]

  it("stops reviews where it is a request to the reviewer", () => {
    for (const text of requests) assert.strictEqual(tagOf(text), "Pause", text)
  })

  it("stops none where it is about code, or where nobody can tell", () => {
    assert.isAtLeast(requests.length + aboutCode.length, 60)
    for (const text of aboutCode) assert.notInclude(["Pause", "Ignore"], tagOf(text), text)
  })

  it("resumes, cancels and resolves nothing where it depends on something in the code", () => {
    const texts = [
      "resume, when the buffer is empty",
      "continue, if it is null",
      "cancel, once the timeout is over",
      "resolve, then reject",
      "abort - if the signal is set"
    ]
    for (const text of texts) assert.strictEqual(tagOf(text), "Ask", text)
  })

  it("stops no reviews on the diff where it may be about the code there", () => {
    const onDiff = PullRequestEvent.cases.Comment.make({
      ...comment(9),
      kind: "review_comment",
      filePath: RepoPath.make("src/a.ts")
    })
    for (const prompt of ["leave it alone", "leave this alone, the cast is needed", "stop here", "pause it"]) {
      assert.strictEqual(commandOf({ event: onDiff, prompt })._tag, "Ask", prompt)
    }
    for (const prompt of ["pause", "stop reviewing this", "pause this PR"]) {
      assert.strictEqual(commandOf({ event: onDiff, prompt })._tag, "Pause", prompt)
    }
  })
})
