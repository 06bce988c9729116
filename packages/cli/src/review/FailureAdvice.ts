import { type Failure, failureText } from "@nominal-code/domain/job/Failure"
import type { ForgeError } from "@nominal-code/forge/ForgeError"

type ForgeReason = Extract<Failure, { readonly _tag: "Forge" }>["reason"]

/** Advice about a failure of the forge, for the person who waits for the review. */
const forgeAdvice: Readonly<Partial<Record<ForgeReason, string>>> = {
  unavailable: "see if this machine reaches the forge, through HTTPS_PROXY if there is one, and if its address is " +
    "right: GITHUB_API_BASE or GITLAB_API_BASE",
  unauthorized: "set GITHUB_TOKEN or GITLAB_TOKEN to a token that is valid",
  "not-found": "correct the name, or use a token that may see it"
}

const advised = (reason: ForgeReason, detail: string): string => {
  const advice = forgeAdvice[reason]
  return advice === undefined ? detail : `${detail}: ${advice}`
}

/** Sentence about a failed review for the person who waits for it: what happened, and what to do. */
export const failureAdvice = (failure: Failure): string => {
  if (failure._tag === "Forge") return advised(failure.reason, failure.detail)
  return failure._tag === "Checkout" ? failure.detail : failureText(failure)
}

const reasons: Readonly<Partial<Record<ForgeError["reason"]["_tag"], ForgeReason>>> = {
  Unavailable: "unavailable",
  Unauthorized: "unauthorized",
  NotFound: "not-found"
}

/** Sentence about an error of the forge for the person who waits: what happened, and what to do. */
export const forgeErrorAdvice = ({ message, reason }: ForgeError): string => {
  const named = reasons[reason._tag]
  return named === undefined ? message : advised(named, message)
}
