import type { Policy } from "@nominal-code/domain/event/Policy"
import { CommentKind, Trigger } from "@nominal-code/domain/event/PullRequestEvent"
import { Option, Schema } from "effect"
import type { Mode } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import { type Values, valuesOf } from "./Values.ts"

const { access, filters, reviewer } = settings

const isTrigger = Schema.is(Trigger)
const isComment = Schema.is(CommentKind)

const triggers = (values: Values, report: Report): Policy["triggers"] => {
  const named = [...new Set(values(reviewer.triggers))]
  for (const name of named.filter(isComment)) {
    report.warn(
      reviewer.triggers,
      `"${name}" is skipped: a comment starts a review by mentioning the bot, not by a trigger`
    )
  }
  const unknown = named.filter((name) => !isTrigger(name) && !isComment(name)).map((name) => `"${name}"`)
  if (unknown.length > 0) {
    const are = unknown.length === 1 ? "is no trigger" : "are no triggers"
    report.problem(reviewer.triggers, `${unknown.join(", ")} ${are}: there are ${Trigger.literals.join(", ")}`)
  }
  return named.filter(isTrigger)
}

/** Resolves the policy of who may ask for what. Only `serve` takes requests, and requires it. */
export const resolvePolicy = (mode: Mode, values: Values, report: Report): Policy => {
  const botUsername = Option.getOrElse(values(reviewer.botUsername), () => "")
  const given = valuesOf(values)(access)
  if ((mode === "serve" || mode === "reconcile") && botUsername === "") {
    report.problem(reviewer.botUsername, "REVIEWER_BOT_USERNAME must be set to the account that reviews, without @")
  }
  const nobody = [...given.allowedUsers, ...given.allowedAssociations].length === 0 &&
    given.allowedAccessLevel === "none"
  if (mode === "serve" && nobody) {
    report.problem(
      access.allowedUsers,
      "ALLOWED_USERS must contain at least one username, those who may ask for a review by a mention; or set " +
        "ALLOWED_ASSOCIATIONS or ALLOWED_ACCESS_LEVEL"
    )
  }
  return {
    ...given,
    filters: valuesOf(values)(filters),
    botUsername,
    reviewLabel: values(reviewer.reviewLabel),
    triggers: triggers(values, report)
  }
}
