import { defaulted, optional } from "@nominal-code/domain/settings/Setting"
import { integer, line, path, secret, text, word } from "@nominal-code/domain/settings/SettingType"
import { endpoint, secureEndpoint } from "../Url.ts"

const token = secret(word("token", "a token: visible ASCII characters only", /^[\x21-\x7e]+$/))

/** Settings of GitHub: addresses and credentials. */
export const github = {
  token: optional({
    yaml: "github.token",
    env: "GITHUB_TOKEN",
    travels: "pod",
    kind: token,
    doc:
      "The bot's token. Needs write access to pull requests and read access to contents. `serve` needs it, an App, or GitLab. Beside an App, it is for the repositories that no installation of the App has."
  }),
  appId: optional({
    yaml: "github.app_id",
    env: "GITHUB_APP_ID",
    travels: "pod",
    kind: line,
    doc:
      "The id of a GitHub App, in quotes in YAML. It reviews the repositories that it is installed on; a token, if there is one, the others."
  }),
  privateKey: optional({
    yaml: "github.private_key",
    env: "GITHUB_APP_PRIVATE_KEY",
    travels: "pod",
    kind: secret(text),
    doc: "The App's private key, a PEM; its line breaks may be written as `\\n`. Wins over the path."
  }),
  privateKeyPath: optional({
    yaml: "github.private_key_path",
    env: "GITHUB_APP_PRIVATE_KEY_PATH",
    kind: path,
    doc: "The file that holds the App's private key."
  }),
  installationId: defaulted(0, {
    yaml: "github.installation_id",
    env: "GITHUB_INSTALLATION_ID",
    travels: "pod",
    kind: integer(0),
    byDefault: "the one that the delivery names, else the repository's",
    doc: "The App's installation, where no delivery says which."
  }),
  webhookSecret: optional({
    yaml: "github.webhook_secret",
    env: "GITHUB_WEBHOOK_SECRET",
    kind: secret(text),
    doc: "The webhook's secret, at least 16 bytes: `openssl rand -hex 32`. Required by `serve`."
  }),
  apiBase: defaulted("https://api.github.com", {
    yaml: "github.api_base",
    env: "GITHUB_API_BASE",
    travels: "pod",
    kind: secureEndpoint,
    doc: "GitHub's REST API. On GitHub Enterprise Server `https://HOST/api/v3`. Where to clone from follows from it."
  })
}

/** Settings of GitLab: addresses and credentials. */
export const gitlab = {
  token: optional({
    yaml: "gitlab.token",
    env: "GITLAB_TOKEN",
    travels: "pod",
    kind: token,
    doc: "Access token of a project, a group or the bot's account, with the scope `api` and the role Developer."
  }),
  webhookSecret: optional({
    yaml: "gitlab.webhook_secret",
    env: "GITLAB_WEBHOOK_SECRET",
    kind: secret(text),
    doc: "The webhook's secret token, at least 16 bytes. `serve` needs it or a signing token."
  }),
  signingToken: optional({
    yaml: "gitlab.signing_token",
    env: "GITLAB_SIGNING_TOKEN",
    kind: secret(
      word("signing token", "a signing token: whsec_ and a key in base64", /^whsec_[A-Za-z0-9+/]{16,}={0,2}$/)
    ),
    doc: "The webhook's signing token. Where the secret token is set too, a delivery needs both."
  }),
  apiBase: optional({
    yaml: "gitlab.api_base",
    env: "GITLAB_API_BASE",
    travels: "pod",
    kind: secureEndpoint,
    byDefault: "`gitlab.ci_server_url`, else `https://gitlab.com`",
    doc: "The GitLab server."
  }),
  ciServerUrl: optional({
    yaml: "gitlab.ci_server_url",
    env: "CI_SERVER_URL",
    travels: "pod",
    kind: endpoint,
    doc: "The GitLab server as its CI names it."
  })
}
