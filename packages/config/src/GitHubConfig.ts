import { Option, Redacted } from "effect"
import { type GitHubSettings, type Mode, reviews, type WebhookSettings } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import { isLoopback } from "./Url.ts"
import type { Values } from "./Values.ts"

const { github, webhook } = settings

/** A shorter secret can be guessed, and whoever has it can write webhooks. */
const secretBytes = 16

const longEnough = (secret: string): boolean => new TextEncoder().encode(secret.trim()).length >= secretBytes

/** Where the repositories of a GitHub are cloned from, given the root of its REST API. */
export const cloneBaseOf = (apiBase: string): string => {
  const url = new URL(apiBase)
  // github.com and its data residency hosts (api.ACME.ghe.com) keep the API on a host of its own.
  if (url.hostname === "api.github.com" || /^api\..+\.ghe\.com$/.test(url.hostname)) {
    return `${url.protocol}//${url.host.replace(/^api\./, "")}`
  }
  return apiBase.replace(/\/api\/v3$/, "")
}

const webhookSecret = (values: Values, report: Report): Option.Option<Redacted.Redacted> => {
  const allowUnsigned = values(webhook.allowUnsigned)
  const secret = values(github.webhookSecret)
  if (Option.isNone(secret)) {
    if (!allowUnsigned) {
      report.problem(
        github.webhookSecret,
        `GITHUB_WEBHOOK_SECRET must be set to the webhook's secret, at least ${secretBytes} bytes: ` +
          "openssl rand -hex 32 makes one, for here and for the webhook's settings on GitHub"
      )
    }
    return secret
  }
  const value = Redacted.value(secret.value)
  if (!longEnough(value)) {
    report.problem(
      github.webhookSecret,
      `the secret must have at least ${secretBytes} bytes: openssl rand -hex 32 makes one`
    )
  }
  if (value !== value.trim()) {
    report.warn(
      github.webhookSecret,
      "the secret begins or ends with a space or a line break: if every delivery is answered 401, remove it"
    )
  }
  return secret
}

/** How to reach GitHub. `serve` and `run-job` cannot do without. */
export const resolveGitHub = (mode: Mode, values: Values, report: Report): Option.Option<GitHubSettings> => {
  const secret = mode === "serve" ? webhookSecret(values, report) : Option.none()
  const token = values(github.token)
  if (Option.isNone(token) && reviews(mode)) {
    report.problem(
      github.token,
      Option.isSome(values(github.appId))
        ? "GITHUB_TOKEN must be set: this build cannot work as a GitHub App yet"
        : "GITHUB_TOKEN must be set to a token of the bot's account that may read contents and write pull requests"
    )
  }
  const apiBase = values(github.apiBase)
  return Option.map(token, (token) => ({ token, webhookSecret: secret, apiBase, cloneBase: cloneBaseOf(apiBase) }))
}

/** The listener. Unsigned webhooks are for this machine only, and only where they are asked for. */
export const resolveWebhook = (mode: Mode, values: Values, report: Report): WebhookSettings => {
  const [allowUnsigned, host, port] = [values(webhook.allowUnsigned), values(webhook.host), values(webhook.port)]
  if (mode === "serve" && allowUnsigned) {
    if (isLoopback(host)) {
      report.warn(webhook.allowUnsigned, `webhooks need no signature: whoever reaches ${host} can start reviews`)
    } else {
      report.problem(
        webhook.allowUnsigned,
        `unsigned webhooks are for this machine only, and webhook.host is ${host}: ` +
          "set WEBHOOK_HOST to 127.0.0.1, or remove this and set GITHUB_WEBHOOK_SECRET"
      )
    }
  }
  return { allowUnsigned, host, port }
}
