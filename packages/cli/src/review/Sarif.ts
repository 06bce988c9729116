import { escapePath } from "@nominal-code/domain/file/RepoPathSpelling"
import { Category, type Severity } from "@nominal-code/domain/review/Finding"
import packageJson from "../../package.json" with { type: "json" }
import type { ReviewedFinding } from "../ReviewedFinding.ts"
import { placeOf, printableJson, type ReviewReport } from "./ReviewReport.ts"
import { unescaped } from "./ReviewText.ts"

/*
 * A review as SARIF 2.1.0, with the properties that GitHub code scanning asks for.
 */

/** Short name and description of each category. */
const categories: Readonly<Record<Category, readonly [string, string]>> = {
  bug: ["Bug", "The code does something else than it is meant to do."],
  security: ["Security", "Somebody could make the code do what they must not."],
  "data-loss": ["Data loss", "Data is destroyed, or is not kept and nobody hears of it."],
  performance: ["Performance", "The code takes more time, memory or requests than it needs."],
  concurrency: ["Concurrency", "The result depends on what happens first."],
  "error-handling": ["Error handling", "An error is lost, or handled in the wrong way."],
  tests: ["Tests", "A test is missing, or does not test what it says."],
  readability: ["Readability", "The code is harder to understand than it needs to be."],
  documentation: ["Documentation", "The documentation is missing or wrong."],
  other: ["Other", "A remark that fits no other category."]
}

const help = "A language model has found this. Read the code before you change it."

const rules = Category.literals.map((category) => {
  const [name, description] = categories[category]
  return {
    id: category,
    shortDescription: { text: name },
    fullDescription: { text: description },
    help: { text: help },
    properties: { tags: [category] }
  }
})

const levels: Readonly<Record<Severity, "error" | "warning" | "note">> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "note"
}

/** Text for programs that show it as it is, and for those that render Markdown. */
const message = (markdown: string) => ({ text: unescaped(markdown), markdown })

const artifactLocation = (path: string) => ({
  uri: path.toWellFormed().split("/").map(encodeURIComponent).join("/"),
  uriBaseId: "%SRCROOT%"
})

/** The lines of a finding in whole, without the end of the last one; without columns if the lines are not known. */
const regionOf = ({ line, startLine = line }: ReviewedFinding, lines: ReadonlyArray<string>) => {
  const last = lines[line - 1]
  return last === undefined
    ? { startLine, endLine: line }
    : { startLine, startColumn: 1, endLine: line, endColumn: last.replace(/\r$/, "").length + 1 }
}

/**
 * The suggestion as a replacement, with the line ends of the file. None if the lines are not known, or if they would be
 * deleted: the region does not include the end of the last line.
 */
const fixesOf = (finding: ReviewedFinding, lines: ReadonlyArray<string>) => {
  const { line, path, suggestion = "" } = finding
  if (suggestion === "" || lines.length < line) return {}
  const lineEnd = lines[0]?.endsWith("\r") === true ? "\r\n" : "\n"
  const text = suggestion.replace(/\n$/, "").replaceAll("\n", lineEnd)
  const replacement = { deletedRegion: regionOf(finding, lines), insertedContent: { text } }
  return {
    fixes: [{
      description: { text: "Suggestion of the review" },
      artifactChanges: [{ artifactLocation: artifactLocation(path), replacements: [replacement] }]
    }]
  }
}

/** Rule and level of a finding. */
const rankOf = ({ category, severity }: ReviewedFinding) => ({
  rule: { id: category, index: Category.literals.indexOf(category) },
  level: levels[severity]
})

const resultOf = (finding: ReviewedFinding, nth: number, lines: ReadonlyArray<string>) => {
  const { body, confidence, fingerprint, path, severity } = finding
  const { level, rule } = rankOf(finding)
  return {
    ruleId: rule.id,
    ruleIndex: rule.index,
    level,
    message: message(body),
    locations: [
      { physicalLocation: { artifactLocation: artifactLocation(path), region: regionOf(finding, lines) } }
    ],
    // The first is the one that GitHub reads. It numbers those of one value, as CodeQL does.
    partialFingerprints: { primaryLocationLineHash: `${fingerprint}:${nth}`, "nominalCode/v1": fingerprint },
    ...fixesOf(finding, lines),
    properties: { severity, confidence }
  }
}

/** A finding on deleted lines, which no file has any more. */
const notificationOf = (finding: ReviewedFinding) => {
  const { level, rule } = rankOf(finding)
  const place = `${escapePath(finding.path)}:${placeOf(finding)} (before the change)`
  return { level, message: { text: `${place}: ${unescaped(finding.body)}` }, associatedRule: rule }
}

const log = (results: ReadonlyArray<unknown>, notifications: ReadonlyArray<unknown>): string =>
  printableJson({
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [{
      tool: {
        driver: {
          name: "Nominal Code",
          version: packageJson.version,
          semanticVersion: packageJson.version,
          informationUri: "https://github.com/gauthierdmn/nominal-code",
          rules
        }
      },
      invocations: [{ executionSuccessful: true, toolExecutionNotifications: notifications }],
      columnKind: "utf16CodeUnits",
      results
    }]
  })

/**
 * A review as SARIF. Its summary, with the findings that have no place in the diff, is a notification of the run; so is
 * each finding on deleted lines.
 */
export const reviewSarif = ({ files, findings, summary }: ReviewReport): string => {
  const placed = findings.filter(({ side }) => side === "RIGHT")
  const results = placed.map((finding, at) => {
    const before = placed.slice(0, at).filter(({ fingerprint }) => fingerprint === finding.fingerprint)
    return resultOf(finding, before.length + 1, files.get(`RIGHT ${finding.path}`) ?? [])
  })
  const deleted = findings.filter(({ side }) => side === "LEFT").map(notificationOf)
  return log(results, [{ level: "note", message: message(summary) }, ...deleted])
}

/** SARIF of changes that need no review: a run without results, which says why. */
export const nothingSarif = (why: string): string =>
  log([], [{ level: "note", message: { text: `Nothing to review: ${why}.` } }])
