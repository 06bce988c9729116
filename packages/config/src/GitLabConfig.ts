import { Option } from "effect"
import type { GitLabSettings, Mode } from "./AppConfig.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import type { Values } from "./Values.ts"
import { checkSecret, minSecretBytes } from "./WebhookSecret.ts"

const { gitlab, webhook } = settings

const checkWebhook = (values: Values, report: Report): void => {
  const secret = values(gitlab.webhookSecret)
  if (Option.isSome(secret)) checkSecret(gitlab.webhookSecret, secret.value, values, report)
  // A signing token that is malformed is a problem of its own.
  else if (Option.isNone(values.given(gitlab.signingToken)) && !values(webhook.allowUnsigned)) {
    report.problem(
      gitlab.webhookSecret,
      `GITLAB_WEBHOOK_SECRET must be set to the webhook's secret token, at least ${minSecretBytes} bytes, ` +
        "or GITLAB_SIGNING_TOKEN to its signing token; without GITLAB_TOKEN, this server does not serve GitLab"
    )
  }
}

/** Address of the GitLab server: its own setting, then the one that GitLab's CI sets. */
export const gitlabBase = (values: Values): Option.Option<string> =>
  Option.orElse(values(gitlab.apiBase), () => values(gitlab.ciServerUrl))

/** Resolves GitLab's settings; none without a token, which makes a process serve GitLab. */
export const resolveGitLab = (mode: Mode, values: Values, report: Report): Option.Option<GitLabSettings> => {
  const [token, webhookSecret, signingToken] = [
    values(gitlab.token),
    values(gitlab.webhookSecret),
    values(gitlab.signingToken)
  ]
  if (mode === "serve" && Option.isSome(token)) checkWebhook(values, report)
  if (mode === "serve" && Option.isNone(token) && Option.isSome(Option.orElse(webhookSecret, () => signingToken))) {
    report.problem(gitlab.token, "GITLAB_TOKEN must be set, because the secret of GitLab's webhook is set")
  }
  return Option.map(token, (token) => ({
    token,
    webhookSecret,
    signingToken,
    apiBase: Option.getOrElse(gitlabBase(values), () => "https://gitlab.com")
  }))
}
