import type { GitHubSettings, GitLabSettings } from "@nominal-code/config/AppConfig"
import { isBotAccount } from "@nominal-code/domain/event/BotAccount"
import type { Policy } from "@nominal-code/domain/event/Policy"
import { type Platform, RepoName } from "@nominal-code/domain/event/PullRequest"
import type { reviewer } from "@nominal-code/domain/settings/Reviewer"
import type { ValuesOf } from "@nominal-code/domain/settings/Setting"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import { type ForgeNotConfigured, Forges } from "@nominal-code/forge/Forges"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as GitLab from "@nominal-code/forge/GitLab"
import type { ForgeSetup, SetupFact } from "@nominal-code/forge/Setup"
import { Effect, Option, Schema } from "effect"
import { asked, type AskOptions, note, ok, problem, type SetupFinding, warning } from "./Finding.ts"

const names: Readonly<Record<Platform, string>> = { github: "GitHub", gitlab: "GitLab" }

/** Advice about a forge that does not answer. */
const away = (platform: Platform): AskOptions<ForgeError | ForgeNotConfigured> => ({
  remedy:
    `see if this machine reaches ${platform}.api_base (${platform.toUpperCase()}_API_BASE), through HTTPS_PROXY ` +
    "if there is one, and if the forge's status page reports an outage",
  isAway: (error) => error._tag === "ForgeError" && error.reason._tag === "Unavailable"
})

const findings = { ok, unknown: note, warning, problem } as const

const findingOf = (platform: Platform) => ({ status, text }: SetupFact): SetupFinding =>
  findings[status]("forge", `${names[platform]}: ${text}`)

/** The account that a forge knows us by, beside the name that mentions are looked for under, and its credentials. */
const account = (botUsername: string) =>
  Effect.fnUntraced(function*({ account, credentials, platform }: ForgeSetup) {
    const name = names[platform]
    const known = Effect.map(account, (login): ReadonlyArray<SetupFinding> => [
      isBotAccount([botUsername])(login)
        ? ok("forge", `${name} knows the token as ${login}`)
        : warning(
          "forge",
          `${name} knows the token as ${login}, and reviewer.bot_username (REVIEWER_BOT_USERNAME) is ${botUsername}: ` +
            `people mention @${botUsername}, and the answer comes from ${login}`
        )
    ])
    const rights = Effect.map(credentials, (facts) => facts.map(findingOf(platform)))
    // The credentials that are refused are refused for both: one line says so.
    const question = Effect.flatMap(known, (first) => Effect.map(rights, (more) => [...first, ...more]))
    return yield* asked("forge", name, question, away(platform))
  })

/** Access to an allowed repository, on the forges that are configured: it has to be on one of them. */
const repository = Effect.fnUntraced(function*(setups: ReadonlyArray<ForgeSetup>, repo: RepoName) {
  const { of } = yield* Forges
  const answers = yield* Effect.forEach(
    setups,
    ({ platform, repository }) =>
      Effect.flatMap(of(platform), (forge) => forge.checkAccess(repo)).pipe(
        Effect.andThen(repository(repo)),
        Effect.map((facts) => [
          ok("forge", `${names[platform]} shows the contents of ${repo}`),
          ...facts.map(findingOf(platform))
        ]),
        (question) => asked("forge", `${names[platform]}, ${repo}`, question, away(platform))
      ),
    { concurrency: 2 }
  )
  return answers.find(([first]) => first?.status === "ok") ?? answers.flat()
})

/** Settings of the forges, and of the server's access to them. */
export interface ForgeSettings {
  readonly github: Option.Option<GitHubSettings>
  readonly gitlab: Option.Option<GitLabSettings>
  readonly policy: Pick<Policy, "allowedRepos" | "botUsername">
  readonly review: { readonly dryRun: boolean }
  readonly reviewer: Pick<ValuesOf<typeof reviewer>, "check">
}

/** Note if no setting names the repositories in which the server looks for missed events. */
const searched = ({ github, policy: { allowedRepos } }: ForgeSettings) => {
  const isApp = Option.exists(github, ({ credentials }) => credentials._tag === "App")
  const findings: ReadonlyArray<SetupFinding> = allowedRepos.length > 0 || isApp ? [] : [
    note(
      "forge",
      "the server looks for missed events in no repository: name repositories in access.allowed_repos " +
        `(ALLOWED_REPOS)${Option.isSome(github) ? ", or review as a GitHub App" : ""}`
    )
  ]
  return findings
}

/** Accounts at the forges, the first of the allowed repositories that they can read and write, and the webhooks. */
export const forgeFindings = Effect.fnUntraced(
  function*(
    settings: ForgeSettings,
    repositories: number
  ): Effect.fn.Return<ReadonlyArray<SetupFinding>, never, Forges> {
    const { github, gitlab, policy: { allowedRepos, botUsername }, review: { dryRun }, reviewer } = settings
    const checks = reviewer.check === "auto" && !dryRun
    const setups = yield* Effect.all([
      ...Option.toArray(Option.map(github, (settings) => GitHub.setup({ ...settings, checks }))),
      ...Option.toArray(Option.map(gitlab, (settings) => GitLab.setup({ ...settings, checks })))
    ])
    const accounts = yield* Effect.forEach(setups, account(botUsername), { concurrency: 2 })
    const repos = allowedRepos.flatMap((name) => Option.toArray(Schema.decodeOption(RepoName)(name)))
      .slice(0, repositories)
    const access = yield* Effect.forEach(repos, (repo) => repository(setups, repo), { concurrency: 4 })
    return [...accounts.flat(), ...access.flat(), ...searched(settings)]
  }
)
