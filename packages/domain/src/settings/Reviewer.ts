import { Schema } from "effect"
import { Login } from "../event/PullRequest.ts"
import { Severity } from "../review/Finding.ts"
import { ReviewLanguage } from "../review/Language.ts"
import { Nits, PathRules, WrittenPathRules } from "../review/Selection.ts"
import { defaulted, optional } from "./Setting.ts"
import { flag, integer, line, list, make, oneOf, structure, text } from "./SettingType.ts"

/** Settings of the bot's account and of what it reviews. */
export const reviewer = {
  botUsername: optional({
    yaml: "reviewer.bot_username",
    env: "REVIEWER_BOT_USERNAME",
    kind: make({
      label: "text",
      expected: "an account's name without @ (a number needs quotes)",
      yaml: Schema.Trim.pipe(Schema.decodeTo(Login)),
      shown: Schema.String
    }),
    doc: "The bot's account: what people mention, and whose comments are its own. Required by `serve`."
  }),
  triggers: defaulted([], {
    yaml: "reviewer.triggers",
    env: "REVIEWER_TRIGGERS",
    kind: list("triggers"),
    doc:
      "What starts a review by itself: `pr_opened`, `pr_push`, `pr_reopened`, `pr_ready_for_review`; `pr_labeled`, if somebody adds `reviewer.review_label`; `pr_retargeted`, if the base branch becomes another."
  }),
  reviewLabel: defaulted("nominal:review", {
    yaml: "reviewer.review_label",
    env: "REVIEWER_REVIEW_LABEL",
    kind: line,
    doc: "The label that asks for a review, with the trigger `pr_labeled`. Who may label may ask."
  }),
  onPush: defaulted("finish", {
    yaml: "reviewer.on_push",
    env: "REVIEWER_ON_PUSH",
    kind: oneOf(["finish", "supersede"]),
    doc:
      "What a push does to a running review of its pull request that nobody asked for: let it `finish`, or end it and review the new head at once (`supersede`)."
  }),
  check: defaulted("auto", {
    yaml: "reviewer.check",
    env: "REVIEWER_CHECK",
    travels: "pod",
    kind: oneOf(["auto", "off"]),
    doc:
      "Show the state of a review on its commit, where the account may: a check run as a GitHub App, else a commit status."
  }),
  failOn: defaulted("never", {
    yaml: "reviewer.fail_on",
    env: "REVIEWER_FAIL_ON",
    kind: oneOf(["never", ...Severity.literals]),
    doc:
      "The check fails while a finding of this severity or a worse one is open: `critical`, `high`, `medium`, `low`. It needs `reviewer.check`."
  }),
  summary: defaulted("sticky", {
    yaml: "reviewer.summary",
    env: "REVIEWER_SUMMARY",
    travels: "job",
    kind: oneOf(["sticky", "each"]),
    doc:
      "Where a review tells that it has found nothing new: in the newest summary, which is edited in place (`sticky`), or in a comment of its own, after `each` push."
  }),
  ignorePatterns: defaulted([], {
    yaml: "reviewer.ignore_patterns",
    env: "REVIEWER_IGNORE_PATTERNS",
    travels: "job",
    kind: list("patterns"),
    doc: "Patterns as in a `.gitignore` at the repository's root. A file that matches is not reviewed."
  }),
  ignoreLabel: defaulted("nominal:ignore", {
    yaml: "reviewer.ignore_label",
    env: "REVIEWER_IGNORE_LABEL",
    travels: "job",
    kind: text,
    doc: "A pull request with this label is not reviewed. Empty: no label does that."
  }),
  minSeverity: defaulted("low", {
    yaml: "reviewer.min_severity",
    env: "REVIEWER_MIN_SEVERITY",
    travels: "job",
    kind: oneOf(Severity.literals),
    doc: "The lowest severity that is reported: `critical`, `high`, `medium`, `low`."
  }),
  finders: defaulted("one", {
    yaml: "reviewer.finders",
    env: "REVIEWER_FINDERS",
    travels: "job",
    kind: oneOf(["one", "two"]),
    doc:
      "Who looks for findings: `one` agent with tools; or `two`: first the model alone, in one turn on the diff, then the agent, which knows what the first has claimed."
  }),
  verify: defaulted(true, {
    yaml: "reviewer.verify",
    env: "REVIEWER_VERIFY",
    travels: "job",
    kind: flag,
    doc: "Have a second call of a model, `agent.verifier`, confirm or refute each finding before it is posted."
  }),
  maxFindings: defaulted(5, {
    yaml: "reviewer.max_findings",
    env: "REVIEWER_MAX_FINDINGS",
    travels: "job",
    kind: integer(0),
    doc:
      "How many findings a review posts as comments; one more for each 100 changed lines beyond 500, four times as many at most. The others are listed in the summary. Critical ones and those of security are always posted. 0 means no limit."
  }),
  nits: defaulted("post", {
    yaml: "reviewer.nits",
    env: "REVIEWER_NITS",
    travels: "job",
    kind: oneOf(Nits.literals),
    doc:
      "What becomes of findings of severity `low`: `post` them, `fold` them into the summary, or leave them out (`off`)."
  }),
  paths: defaulted({}, {
    yaml: "reviewer.paths",
    env: "REVIEWER_PATHS",
    travels: "job",
    kind: structure(
      "rules by path",
      "rules by pattern: {\"docs/\": {nits: off, max_findings: 1, min_severity: high}}",
      PathRules,
      WrittenPathRules
    ),
    doc:
      "Other limits for some paths: `max_findings`, `min_severity` and `nits` by pattern, as in a `.gitignore`; the last pattern that matches decides. JSON in the environment."
  }),
  language: optional({
    yaml: "reviewer.language",
    env: "REVIEWER_LANGUAGE",
    travels: "job",
    kind: make({
      label: "text",
      expected: "the name of a language, like German",
      yaml: Schema.Trim.pipe(Schema.decodeTo(ReviewLanguage)),
      shown: Schema.String
    }),
    byDefault: "the model's choice, mostly English",
    doc: "The language that findings, summaries and answers are written in: `German`."
  }),
  inlineSuggestions: defaulted(true, {
    yaml: "reviewer.inline_suggestions",
    env: "INLINE_SUGGESTIONS",
    travels: "job",
    kind: flag,
    doc: "Whether findings may carry a change to apply with one click."
  }),
  dryRun: defaulted(false, {
    yaml: "dry_run",
    env: "DRY_RUN_REVIEW",
    travels: "job",
    kind: flag,
    doc: "Review, but post nothing and keep nothing."
  }),
  ignoreExistingComments: defaulted(false, {
    yaml: "ignore_existing_comments",
    env: "IGNORE_EXISTING_COMMENTS",
    travels: "job",
    kind: flag,
    doc: "Do not show the model what was said on the pull request before."
  })
}
