/** Texts that a line has to hold for a regular expression to match it, as far as its form shows them. */

/** Length of a text that is worth looking for, of the part of a longer one that is, and the number of texts. */
const shortest = 3
const longest = 12
const mostTexts = 16

/** Result of reading a part of an expression: texts of which a match holds one; none where it may hold none of any. */
type Texts = ReadonlyArray<string> | undefined

const shortestOf = (texts: ReadonlyArray<string>): number => Math.min(...texts.map(({ length }) => length))

/** Reader of an expression in Rust's syntax. What it does not know ends it, and then no text is required. */
class Reader {
  isKnown = true
  private at = 0
  private readonly pattern: string

  constructor(pattern: string) {
    this.pattern = pattern
  }

  get isAtEnd(): boolean {
    return this.at >= this.pattern.length
  }

  /** Reads alternatives up to the end of their group. */
  alternatives(): Texts {
    const found: Array<string> = []
    let isRequired = true
    do {
      const texts = this.branch()
      if (texts === undefined) isRequired = false
      else found.push(...texts)
    } while (this.take("|"))
    return isRequired && found.length <= mostTexts ? found : undefined
  }

  /** Reads one alternative. Of the texts that all of its matches hold, the longest is the rarest. */
  private branch(): Texts {
    let best: Texts
    let run = ""
    const offer = (texts: Texts) => {
      if (texts === undefined || shortestOf(texts) < shortest) return
      if (best === undefined || shortestOf(texts) > shortestOf(best)) best = texts
    }
    const close = () => {
      offer([run])
      run = ""
    }
    while (this.isKnown && !this.isAtEnd && !"|)".includes(this.peek())) {
      const literal = this.literal()
      if (literal !== undefined) {
        const times = this.times()
        run += times === "any" ? "" : literal
        if (times !== "once") close()
        continue
      }
      close()
      const inside = this.group()
      if (this.times() !== "any") offer(inside)
    }
    close()
    return best
  }

  /** Reads a character that stands for itself. */
  private literal(): string | undefined {
    const first = this.peek()
    const escaped = first === "\\" ? this.pattern.charAt(this.at + 1) : ""
    if (/^[!-/:;=?@[-`{-~]$/.test(escaped)) {
      this.at += 2
      return escaped
    }
    if (!/^[ -~]$/.test(first) || "\\^$.|?*+()[]{}".includes(first)) return undefined
    this.at += 1
    return first
  }

  /** Reads what is no literal: a group, which may require texts, a class, an assertion, or another character. */
  private group(): Texts {
    const first = this.next()
    if (first === "(") {
      if (this.take("?") && !this.take(":")) return this.giveUp()
      const inside = this.alternatives()
      return this.take(")") ? inside : this.giveUp()
    }
    if (first === "[") return this.characterClass()
    // Those that go on with a number or a name, unless it stands in braces.
    if (first === "\\" && /^[xuUpP]$/.test(this.next()) && this.peek() !== "{") return this.giveUp()
    return undefined
  }

  private characterClass(): Texts {
    this.take("^")
    // Classes in classes, and brackets that stand for themselves.
    if (this.peek() === "]") return this.giveUp()
    while (!this.isAtEnd) {
      const character = this.next()
      if (character === "]") return undefined
      if (character === "[") return this.giveUp()
      if (character === "\\") this.at += 1
    }
    return this.giveUp()
  }

  /** Reads how many times the part before it may stand there; what stands in braces may be a name, too. */
  private times(): "once" | "some" | "any" {
    const signs = new Set<string>()
    while (!this.isAtEnd && "?*+{".includes(this.peek())) {
      const sign = this.next()
      signs.add(sign)
      if (sign !== "{") continue
      const end = this.pattern.indexOf("}", this.at)
      if (end === -1) this.giveUp()
      else this.at = end + 1
    }
    if (signs.size === 0) return "once"
    return signs.size === 1 && signs.has("+") ? "some" : "any"
  }

  private peek(): string {
    return this.pattern.charAt(this.at)
  }

  private next(): string {
    this.at += 1
    return this.pattern.charAt(this.at - 1)
  }

  private take(sign: string): boolean {
    if (this.peek() !== sign) return false
    this.at += 1
    return true
  }

  private giveUp(): undefined {
    this.isKnown = false
    this.at = this.pattern.length
  }
}

/** Texts of ASCII of which every line that an expression matches holds one; undefined where that cannot be told. */
export const requiredTexts = (pattern: string): ReadonlyArray<string> | undefined => {
  const reader = new Reader(pattern)
  const texts = reader.alternatives()
  return reader.isKnown && reader.isAtEnd ? texts?.map((text) => text.slice(0, longest)) : undefined
}
