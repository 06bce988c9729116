import { Effect, Option, Redacted } from "effect"
import { createPrivateKey } from "node:crypto"
import {
  type GitHubCredentials,
  type GitHubSettings,
  type Mode,
  needsForge,
  type WebhookSettings
} from "./AppConfig.ts"
import { readNamedFile } from "./NamedFile.ts"
import type { Report } from "./Report.ts"
import { settings } from "./Settings.ts"
import { isLoopback } from "./Url.ts"
import { type Values, valuesOf } from "./Values.ts"
import { checkSecret, minSecretBytes } from "./WebhookSecret.ts"

const { github, gitlab, webhook } = settings

/** Derives the root of clone URLs from the root of the REST API. */
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
        `GITHUB_WEBHOOK_SECRET must be set to the webhook's secret, at least ${minSecretBytes} bytes: ` +
          "openssl rand -hex 32 makes one, for here and for the webhook's settings on GitHub"
      )
    }
    return secret
  }
  checkSecret(github.webhookSecret, secret.value, values, report)
  return secret
}

/** Text of the private key: from its own setting or, if that is empty, from the named file. */
const privateKeyText = Effect.fnUntraced(function*(values: Values, report: Report) {
  const inline = values(github.privateKey)
  const file = values(github.privateKeyPath)
  if (Option.isSome(inline) || Option.isNone(file)) return Option.map(inline, Redacted.value)
  return yield* readNamedFile(
    github.privateKeyPath,
    file.value,
    "it must be the private key that GitHub gave for the App",
    report
  )
})

/** Restores the line breaks of a key that has them as `\n`, which is how many tools put a PEM into one variable. */
const withLineBreaks = (pem: string): string => `${pem.replaceAll("\\n", "\n").replaceAll("\r\n", "\n").trim()}\n`

const isPrivateKey = (pem: string): boolean => {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "rsa"
  } catch {
    return false
  }
}

const appCredentials = Effect.fnUntraced(function*(appId: string, values: Values, report: Report) {
  const text = yield* privateKeyText(values, report)
  if (Option.isNone(text)) {
    if (Option.isNone(values(github.privateKeyPath))) {
      report.problem(
        github.privateKey,
        "GITHUB_APP_PRIVATE_KEY or GITHUB_APP_PRIVATE_KEY_PATH must be set beside GITHUB_APP_ID: " +
          "GitHub gives the key in the App's settings, under Private keys"
      )
    }
    return Option.none<GitHubCredentials>()
  }
  const pem = withLineBreaks(text.value)
  if (!isPrivateKey(pem)) {
    report.problem(
      Option.isSome(values(github.privateKey)) ? github.privateKey : github.privateKeyPath,
      "it is not a private RSA key: put the whole .pem file here, from -----BEGIN to -----END"
    )
    return Option.none<GitHubCredentials>()
  }
  const installation = values(github.installationId)
  const token = values(github.token)
  return Option.some<GitHubCredentials>({
    _tag: "App",
    appId,
    ...(Option.isSome(token) ? { token: token.value } : {}),
    privateKey: Redacted.make(pem),
    installationId: installation === 0 ? Option.none() : Option.some(installation)
  })
})

const credentials = Effect.fnUntraced(function*(mode: Mode, values: Values, report: Report) {
  const appId = values(github.appId)
  if (Option.isSome(appId)) return yield* appCredentials(appId.value, values, report)
  const token = values(github.token)
  if (Option.isNone(token) && needsForge(mode)) {
    if (Option.isSome(values(github.privateKey)) || Option.isSome(values(github.privateKeyPath))) {
      report.problem(
        github.appId,
        "GITHUB_APP_ID must be set beside the App's private key: GitHub shows it in the App's settings, under About"
      )
      return Option.none()
    }
    report.problem(
      github.token,
      "GITHUB_TOKEN must be set to a token of the bot's account that may read contents and write pull requests; " +
        "a GitHub App needs GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY instead, and GitLab needs GITLAB_TOKEN"
    )
  }
  return Option.map(token, (token): GitHubCredentials => ({ _tag: "Token", token }))
})

/** True if GitHub is served: it is configured, or nothing else is. */
const isServed = (values: Values): boolean =>
  Option.isNone(values(gitlab.token)) ||
  [values(github.token), values(github.appId), values(github.webhookSecret)].some((value) =>
    Option.isSome<unknown>(value)
  )

/**
 * Resolves GitHub's settings, which `serve` and `run-job` need where GitLab has no token. A token beside an App is for
 * the repositories that no installation of the App has.
 */
export const resolveGitHub = Effect.fnUntraced(function*(mode: Mode, values: Values, report: Report) {
  if (!isServed(values)) return Option.none<GitHubSettings>()
  const secret = mode === "serve" ? webhookSecret(values, report) : Option.none()
  const apiBase = values(github.apiBase)
  return Option.map(
    yield* credentials(mode, values, report),
    (credentials): GitHubSettings => ({
      credentials,
      webhookSecret: secret,
      apiBase,
      cloneBase: cloneBaseOf(apiBase)
    })
  )
})

/** Resolves the listener. Unsigned webhooks are accepted only from this machine, and only if a setting allows them. */
export const resolveWebhook = (mode: Mode, values: Values, report: Report): WebhookSettings => {
  const listener = valuesOf(values)(webhook)
  const { host } = listener
  if (mode === "serve" && listener.allowUnsigned) {
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
  return listener
}
