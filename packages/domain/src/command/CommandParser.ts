import { Option } from "effect"
import type { Job } from "../job/Job.ts"
import { Command } from "./Command.ts"
import { visibleText } from "./Mention.ts"

/*
 * Parser of commands: of the text that people write beside a mention. A command is the first line alone, or its first clause: a sentence
 * that only contains a command's word is none.
 */

const { Ask, Cancel, Config, Dismiss, Help, Ignore, Pause, Resolve, Resume, Review } = Command.cases

/** Words around a request that change nothing about it. */
const polite =
  /^(?:(?:please|pls|plz|kindly|hey|hi|hello|ok|okay|and|so|now|then|just|also|again|bot|bitte|s'il te plaît|por favor|пожалуйста|请|can|could|would|will|you|i'd like|i want|i would like|you to|to|let's|lets)\s+)+/
const politeEnd =
  /(?:\s+(?:please|pls|plz|now|again|then|thanks|thank you|thx|for now|for the moment|for me|today|bot|bitte|пожалуйста))+$/

/** The text in lower case, with only letters, digits and apostrophes. */
const plain = (text: string): string =>
  text.toLowerCase().replaceAll("\u2019", "'").replaceAll(/[^\p{L}\p{N}\p{M}']+/gu, " ").trim()

const core = (text: string): string => plain(text).replace(polite, "").replace(politeEnd, "")

const pr = "(?:pr|mr|pull request|merge request)"
const pullRequest = `(?:${pr}|change|changes|branch)`
const it = "(?: (?:it|this|that|here|these|(?:this|that) one|" +
  `(?:(?:on |for )?(?:this|the|these|my|our) )?${pullRequest}))?`
/** The pull request, as the object of a verb that code may do, too: not `the branch`. */
const itself = `(?: (?:it|this|that|here|(?:this|that) one|(?:(?:on |for )?(?:this|the|my|our) )?${pr}))?`
const what = "(?:(?:the|all|any|your|my|our|automatic|auto|further) )*"

/** End of a request to stop reviews that says for how long, or which ones. */
const span =
  "(?: (?:yet|any ?more|from now on|until (?!now).+|(?:(?:on|at|after) )?(?:each|every|any|new) (?:push|pushes|commits?)))?"

const day =
  "(?:(?:next|this|the) )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|week|weekend|month|release|sprint)"
const done = "(?:ready|done|finished|merged|rebased|approved|reviewed|complete)"

/**
 * End of a request to stop, without a word about reviews, that says for how long. `until the connection is closed` is
 * about code.
 */
const spanOfWork =
  "(?: (?:yet|any ?more|from now on|for (?:a (?:while|bit)|today|the (?:day|night|weekend))|while (?:i|i'm) .+" +
  `|(?:until|till) (?:(?:further notice|tomorrow|tonight|later|told|${day})(?: .+)?` +
  `|(?:i(?:'m|'ve| am| have)?|we(?:'re|'ve| are| have)) .+|(?:(?:it|this|that)(?:'s| is)|(?:this|the|my|our) ${pr} is) ${done}(?: .+)?` +
  `|${done})))?`

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`, "u")

/** Texts of the commands that take nothing after them. */
const commands: ReadonlyArray<readonly [Command, RegExp]> = [
  [
    Pause.make({}),
    whole(
      `(?:(?:pause|suspend|stop|quit|halt) ${what}(?:automatically )?(?:reviews|reviewing|commenting|looking at)${it}` +
        `|(?:pause|suspend) ${what}review${it}` +
        `|(?:don't|dont|do not|never) (?:automatically )?(?:review${it}|comment(?: here| on(?: it| this| that|(?: (?:this|the|my|our))? ${pr}))?)` +
        `|no (?:more )?reviews?${it}(?! yet)|no more comments${it}|no comments` +
        `|(?:disable|turn off|switch off|mute|skip) (?:${what}(?:reviews|reviewing)|your comments)${it}` +
        `|(?:turn|switch) ${what}reviews off` +
        `|hold off(?: on)? ${what}(?:reviews?|reviewing)${it})${span}` +
        `|(?:(?:pause|suspend|stop|quit|halt)(?: (?:all|everything))?|hold off(?: on)?)${itself}${spanOfWork}` +
        `|skip (?:this|my|the) ${pr}` +
        "|(?:leave|let) (?:this|it|me|us|my pr) (?:alone|be)|be quiet|shut up|mute" +
        "|hör auf|pausiere|pausieren|arrête|pausa|para|detente|стоп|пауза|остановись|暂停|停止|停止审查|一時停止|停止して|일시중지|중지"
    )
  ],
  [
    Resume.make({}),
    whole(
      String.raw`(?:resume|unpause|unignore|continue)(?: (?:the|your|all|automatic))*(?: reviews?| reviewing)?${it}` +
        `|start (?:reviews|reviewing)${it}|unmute` +
        `|(?:enable|turn on|switch on|unmute) ${what}(?:reviews|reviewing|comments)${it}|(?:turn|switch) ${what}reviews on`
    )
  ],
  [Ignore.make({}), whole(`ignore${it}(?: from now on)?`)],
  [
    Cancel.make({}),
    whole(
      `(?:cancel|abort|kill)(?: (?:the|this|that|your|running|current|all))*(?: reviews?| run| job)?${it}` +
        `|stop (?:the|this|that|your)(?: running| current)* review${it}`
    )
  ],
  [
    Resolve.make({}),
    whole("resolve(?: (?:it|this|that|the))?(?: (?:thread|conversation|comment|finding|discussion))?")
  ],
  [Help.make({}), whole("help|help me|commands|usage|what can you do|how do i use you")],
  [
    Config.make({}),
    whole("(?:(?:show|print)(?: (?:me|the|your))* )?(?:config|configuration|settings)")
  ]
]

/** Commands that may be followed by a reason: `pause, I am not done`. */
const explained: ReadonlySet<Command["_tag"]> = new Set(["Pause", "Resume", "Ignore", "Cancel", "Resolve"])

const commandIn = (text: string): Command | undefined => commands.find(([, pattern]) => pattern.test(text))?.[0]

const clauseBreak = /[,.;:!–—(]|\s-\s/

/** A `no` that answers something else: `No, review this`. */
const answersNo = /^no\s*[,.;:!–—-]/iu
/** Words of a question that are a command elsewhere: `no review?`, `stop until the queue is empty?` */
const asksWhether = /^no |^(?:stop|quit|halt|pause) .*(?:until|push|pushes|commits?)(?: |$)/u

/** First words of what makes a command depend on something: `stop, when the buffer is full`. */
const condition =
  /^(?:when|whenever|if|unless|once|then|and|or|else|otherwise|in case|as soon|as long|where|so that|until|while|before|after)(?![\p{L}'])/u

/** Words about people and their work, which give a reason to stop reviews. Those about code give none. */
const ofWork = new RegExp(
  "\\b(?:" + [
    "wip|work in progress|working on|spike|prototype",
    "(?:this|the|my|our) (?:pr|mr|pull request|merge request)",
    `(?:it|this|that|everything|nothing|i|we)(?:'s|'m|'re| is| am| are)?(?: (?:all|a|not|still|yet|almost|nearly|in))* (?:${done}|draft)`,
    "i(?:'m|'ll|'d|'ve| am| will| want| need| have| still| was)(?! (?:not )?(?:sure|afraid|wondering))",
    "(?:let|give|for|to) (?:me|us)|let's (?:discuss|talk|wait|decide)|we (?:still )?(?:have|need|want|will) to (?:discuss|talk|wait|decide)",
    "further notice|vacation|holidays?"
  ].join("|") + ")\\b|^(?:(?:still |almost )?not (?:yet )?)?" + done + "$" +
    "|^(?:no|no more|too many|enough|that's enough)(?: (?:reviews?|comments|noise|mails?|messages|notifications|spam|for now|already))*$" +
    `|^(?:until|till|back|not before) (?:tomorrow|tonight|${day})`
)

const namesReviews = /\b(?:reviews?|reviewing|commenting|pr|mr|pull request|merge request)\b/
const stopsReviews: ReadonlySet<Command["_tag"]> = new Set(["Pause", "Ignore"])

/**
 * True if what follows a command is a reason for it, and not a sentence that the command's word belongs to. Where a word
 * such as `stop` says nothing of reviews, its reason has to be one of people: `stop, this leaks the lock` asks for none.
 */
const isReason = ({ _tag: tag }: Command, clause: string, rest: string): boolean => {
  const reason = plain(rest)
  if (!stopsReviews.has(tag)) return !condition.test(reason)
  return namesReviews.test(core(clause)) || reason === "" ||
    ofWork.test(reason) && !/^(?:when|if|unless|once)\b/.test(reason)
}

const plainCommand = (text: string): Option.Option<Command> => {
  const [line = "", ...more] = text.replace(/^[^\p{L}\p{N}>]+/u, "").split("\n")
  if (answersNo.test(line) || /[?？]/.test(line) && asksWhether.test(core(line))) return Option.none()
  const alone = commandIn(core(line)) ?? commandIn(plain(line))
  const follows = more.some((one) => plain(one) !== "")
  if (alone !== undefined && (!follows || explained.has(alone._tag) && !condition.test(plain(more.join(" "))))) {
    return Option.some(alone)
  }
  if (/[?？]/.test(text)) return Option.none()
  const [clause = ""] = line.split(clauseBreak)
  const first = commandIn(core(clause))
  return first !== undefined && explained.has(first._tag) &&
      isReason(first, clause, [line.slice(clause.length), ...more].join("\n"))
    ? Option.some(first)
    : Option.none()
}

const dismissal =
  /^[^\p{L}\n]*(?:please\s+)?dismiss(?:ed)?(?![\p{L}\p{N}])[`*_]*(?:\s+(?:this|it|that|the finding|this finding))?[\s:,.!–—-]*(?:because|since|as)?(?![\p{L}\p{N}])\s*([^]*)$/iu
const question = /^[^\p{L}\n]*ask(?![\p{L}\p{N}])[`*_]*[\s:,–—-]*([^]*\S)\s*$/iu

/** Words of a request for a review that names nothing to look at. */
const bareWords = new Set(
  ("a again afresh all and at another anew one pass bot can change changes code could do fixes full fully give go hey hi i it look me mr my " +
    "now of ok okay once please pls plz pr pull merge ptal re rereview recheck request review run take thanks thank thx the this " +
    "to us whole would you will check have your pushed updated new more start begin from scratch completely ready for is")
    .split(" ")
)

/** True if a request for a review names nothing in particular: `please review this again`. */
const isBare = (text: string): boolean =>
  plain(text).split(/[\s']+/).every((word) => word === "" || bareWords.has(word))

const fullReview =
  /\b(?:full|complete|fresh)(?:ly)? (?:re ?)?review|review(?: this| it)?(?: pr| again)? (?:in )?(?:full|fully|completely|afresh)\b|from scratch/

const reviewWord = String.raw`(?:re ?review|review|recheck|ptal)(?![\p{L}\p{N}'])`
const lookWord = String
  .raw`(?:(?:double )?check|look|verify|inspect|examine|analy[sz]e|audit|focus|scan|concentrate|go (?:over|through))(?![\p{L}\p{N}'])`

/** A request for a review, by its first words. */
const strong = new RegExp(
  String
    .raw`^(?:${reviewWord}|(?:do|take|have|give|run|start|make|request|need|needs)(?: [\p{L}']+){0,5} (?:review|rereview|look|pass)\b` +
    String
      .raw`|(?:another|a|one more|full|fresh|new|quick|security)(?: [\p{L}']+){0,2} (?:review|look|pass)(?![\p{L}'])|ready for(?: [\p{L}']+){0,2} (?:review|look|pass)(?![\p{L}']))`,
  "u"
)
const asksPolitely = new RegExp(String.raw`(?:^| )(?:please|pls|plz|kindly) (?:${reviewWord}|${lookWord})`, "u")
const weak = new RegExp(`^${lookWord}`, "u")

/** Words of other languages that ask to review, check or look. */
const elsewhere =
  /(?:^|\s)(?:(?:über)?prüf|schau|sieh|ansehen|anschauen|begutacht|relis|relire|vérifi|regarde|examin|revis|revê|verific|mira|controll|rivedi|guarda|провер|посмотр|отревью|ревью|sprawdź|przejrzyj|controleer|bekijk|granska|incele|kontrol)|审查|审核|评审|检查|看看|看一下|看下|^看|レビュー|確認|見て|見直|ください|검토|리뷰|확인|주세요/u
/** Words by which these languages tell what somebody has done, will do, or thinks: `ich habe geprüft`, `检查过了`. */
const statesElsewhere =
  /(?:^|\s)(?:sieht|schaut|wir|ich|j'ai|on a|nous avons|déjà|he|hemos|revisé|revisado|revisamos|revisei|verifiquei|ho|abbiamo|controllato)(?=\s|$)|(?:^|\s)(?:проверил|посмотрел|смотрел|sprawdził|przejrzał)|已|过了|看起来|看上去|看来|没(?:有)?(?:什么)?问题|ました|済み|했습니다|했어요/u
const pleadsElsewhere =
  /bitte|пожалуйста|请|帮|重新|再|お願い|ください|주세요|부탁|(?:^|\s)(?:s'il|stp|svp|peux|pouvez|por favor|per favore|puoi|pode|podr|puede)/u
const asksElsewhere =
  /(?:^|\s)(?:warum|wieso|weshalb|was|wie|wer|wann|wo|pourquoi|comment|quoi|quel|quelle|est-ce|por qué|cómo|qué|perché|cosa|come|porque|почему|зачем|как|что|dlaczego|waarom|varför|neden)(?:\s|$)|为什么|为何|怎么|什么|吗|呢|哪|是否|なぜ|どうして|何故|ですか|왜|어떻게|무엇|나요/u

/** True for a clause in another language that asks to review, check or look, and does not tell of it. */
const asksAbroad = (clause: string): boolean => {
  const text = plain(clause)
  return elsewhere.test(text) && (!statesElsewhere.test(text) || pleadsElsewhere.test(text))
}

const clausesOf = (text: string): ReadonlyArray<string> =>
  text.split(/(?<=[.!?])\s+|(?<=[。！？])|[,;:，、：(]|\n+|\s[-–—]\s/u).filter((clause) => plain(clause) !== "")

/** First words of a clause that asks for no review: `do not review the tests`. */
const negation = /^(?:do not|don't|dont|never|not|no)(?! (?:forget|hesitate|miss) )(?![\p{L}'])/u

/** True if the text asks for a review, and not for an answer. */
const asksForReview = (text: string): boolean => {
  const clauses = clausesOf(text)
  const cores = clauses.map(core).map((clause) => negation.test(clause) ? "" : clause)
  if (cores.some((clause) => strong.test(clause))) return true
  const isQuestion = cores.some((clause, at) => /[?？؟]/.test(clauses[at] ?? "") && !weak.test(clause))
  if (isQuestion && !clauses.some(asksAbroad)) return false
  if (asksElsewhere.test(plain(text))) return false
  return clauses.some((clause) => asksPolitely.test(plain(clause)) || asksAbroad(clause)) ||
    cores.some((clause) => weak.test(clause))
}

const courtesies = new Set(
  ("thanks thank thx ty cheers you so much a lot many ok okay great nice good cool perfect awesome excellent lgtm sgtm catch find " +
    "work job well done fixed bot yes no yep nope hey hi hello cc fyi sounds that makes sense agreed will do got it the for danke " +
    "merci gracias obrigado grazie спасибо 谢谢 多谢 ありがとう ありがとうございます 감사합니다").split(" ")
)

const asksNothing = (text: string): boolean =>
  plain(text).split(/[\s']+/).every((word) => word === "" || courtesies.has(word))

const parseAnew = (text: string): Option.Option<Command> => {
  const dismissed = dismissal.exec(text)
  if (dismissed !== null) return Option.some(Dismiss.make({ reason: (dismissed[1] ?? "").trim() }))
  const asked = question.exec(text)
  if (asked !== null) return Option.some(Ask.make({ text: (asked[1] ?? "").trim() }))
  return Option.orElse(plainCommand(text), () => {
    const visible = visibleText(text)
    const said = plain(visible) === "" ? text : visible
    if (asksForReview(said)) {
      const full = fullReview.test(plain(said)) || core(said) === "full"
      return Option.some(Review.make({ full, focus: isBare(said) ? "" : text.trim() }))
    }
    return asksNothing(said) ? Option.none() : Option.some(Ask.make({ text: text.trim() }))
  })
}

/** Commands of short texts: people ask in the same few words, and a request is parsed when it comes, is stored and is run. */
const known = new Map<string, Option.Option<Command>>()

/** Maximum number of texts whose command is remembered, and of characters of one. */
const maxKnown = 256
const maxKnownLength = 100

/** The command of a text beside a mention; none if it asks nothing: `thanks!`. */
export const parse = (text: string): Option.Option<Command> => {
  const before = known.get(text)
  if (before !== undefined) return before
  if (text.length > maxKnownLength) return parseAnew(text)
  // A part of a string holds the whole of it: the comment, of a million characters at most.
  const copy = Array.from(text).join("")
  const parsed = parseAnew(copy)
  if (known.size >= maxKnown) known.clear()
  known.set(copy, parsed)
  return parsed
}

const thisOne = /^ignore (?:it|this|that|the finding|this finding|the comment|this comment)$/

/** Request beside a piece of code that may be about that code: `leave it alone`, `stop here`. */
const besideCode = /^(?:leave|let) (?:it|this) (?:alone|be)$|^(?:stop|halt|quit|pause|suspend) (?:it|this|that|here)$/

/** Command of a comment on the diff that dismisses the finding there: `ignore this, it is wrong`. */
const aboutFinding = (event: Job["event"], text: string): Option.Option<Command> => {
  const [clause = ""] = text.split(/[,.;:!–—(\n]|\s-\s/)
  if (event._tag !== "Comment" || event.filePath === undefined) return Option.none()
  if (besideCode.test(core(clause))) return Option.some(Ask.make({ text }))
  return thisOne.test(core(clause))
    ? Option.some(Dismiss.make({ reason: text.slice(clause.length).replace(/^[^\p{L}\p{N}]+/u, "").trim() }))
    : Option.none()
}

/** Request for a review that names nothing in particular. */
const plainReview = Review.make({ full: false, focus: "" })

/**
 * Command of a job. A lifecycle event asks for a review, and so does a request that no comment of the forge holds; a
 * text that asks nothing gets an answer, as it was accepted.
 */
export const commandOf = ({ event, prompt }: Pick<Job, "event" | "prompt">): Command => {
  const focus = prompt.trim()
  if (focus === "") return plainReview
  if (event._tag === "Lifecycle" || event.commentId === 0) {
    return isBare(focus) ? plainReview : Review.make({ full: false, focus })
  }
  return aboutFinding(event, focus).pipe(
    Option.orElse(() => parse(focus)),
    Option.getOrElse(() => Ask.make({ text: focus }))
  )
}
