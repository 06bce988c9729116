import { Console } from "effect"
import { type CliError, CliOutput } from "effect/cli"
import { printable } from "./review/TerminalText.ts"

const numbers = /^Expected a string representing a(?:n| finite| safe)* (?:number|integer)$/

/** Words for what a value should have been: Effect's, without the names of its own parts. */
const expectation = (expected: string): string => {
  const plain = expected.replace("Schema validation failed: ", "").replace(/^Expected /, "")
  if (numbers.test(expected)) return "a number"
  const choices = plain.split(" | ").map((choice) => choice.replaceAll("\"", ""))
  return choices.length > 1 ? `one of ${choices.join(", ")}` : plain === "string" ? "a value" : plain
}

const meant = (suggestions: ReadonlyArray<string>): string =>
  suggestions.length === 0 ? "" : `: did you mean ${suggestions.join(" or ")}?`

/** Sentence about a wrong argument, in the words of the command line. */
const usageText = (error: CliError.CliError): string => {
  if (error._tag === "UnrecognizedOption") return `there is no flag ${error.option}${meant(error.suggestions)}`
  if (error._tag === "UnknownSubcommand") return `there is no command ${error.subcommand}${meant(error.suggestions)}`
  if (error._tag === "UnexpectedArgument") return `unexpected argument: ${error.arguments.join(" ")}`
  if (error._tag === "MissingArgument") return `<${error.argument}> is missing`
  if (error._tag === "MissingOption") return `--${error.option} is missing`
  if (error._tag !== "InvalidValue") return error.message
  const { expected, kind, option, value } = error
  const name = kind === "argument" ? `<${option}>` : `--${option}`
  const given = value === "" ? "has no value" : `"${value}"`
  return `${name} ${value === "" ? given : `cannot be ${given}`}: it takes ${expectation(expected)}`
}

/** Lines on stderr about wrong usage: what is wrong, the usage, and where the help is. The help itself would bury them. */
const wrongUsage = ({ commandPath, errors, helpDoc }: CliOutput.Presenter.InvalidInvocation): string =>
  [
    ...errors.map((error) => `nominal-code: ${printable(usageText(error))}`),
    `usage: ${helpDoc.usage}`,
    `       ${commandPath.join(" ")} --help lists what it takes`
  ].join("\n")

/** Output of the command line: Effect's, but for wrong usage. */
export const layer = CliOutput.layerPresenter({
  present: (event) =>
    event._tag === "InvalidInvocation" ? Console.error(wrongUsage(event)) : CliOutput.defaultPresenter.present(event)
})
