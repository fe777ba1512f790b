/** What known return codes mean for a caller: the kind of failure, and what to do about it. */

type Kind = "InvalidToken" | "Forbidden" | "RateLimited" | "Busy" | "AddressNotAllowed" | "Rejected"

interface Known {
  readonly kind: Kind
  readonly advice?: string
}

const known = (kind: Kind, advice?: string): Known => (advice === undefined ? { kind } : { kind, advice })

const signIn = "the user has to authorize again"
const oneTime = "one-time codes work once and for a few minutes: ask the page for a new one"
const grant =
  "the account has to grant the permission set: check it on mp.weixin.qq.com, or authorize the platform again"
const allow = "add this address to the list on mp.weixin.qq.com (development, IP whitelist)"
const askAdmin = "the account's administrator has to confirm this address"
const quota = "the quota comes back at midnight in Beijing; clearQuota resets it ten times a month"

export const codes: ReadonlyMap<number, Known> = new Map<number, Known>([
  [-1000, known("Busy")],
  [-1, known("Busy")],
  [
    40001,
    known(
      "InvalidToken",
      "the token was replaced by another process, or the app secret is wrong: let one hub or one storage own the tokens"
    )
  ],
  [40003, known("Rejected", "the openid belongs to another account, or does not exist")],
  [40013, known("Rejected", "check the appid")],
  [40014, known("InvalidToken", "the text that was sent is no token of this account")],
  [40029, known("Rejected", oneTime)],
  [40030, known("Rejected", signIn)],
  [40066, known("Rejected", "there is no API at this path")],
  [40125, known("Rejected", "the app secret is wrong or was reset: put the current one into the configuration")],
  [40163, known("Rejected", oneTime)],
  [40164, known("AddressNotAllowed", allow)],
  [40226, known("Forbidden", "WeChat holds this user for a risk and blocks the sign-in")],
  [40234, known("Rejected", "API security: the signature is wrong; check the private key and its number")],
  [40235, known("Rejected", "API security: the body cannot be decrypted; check the symmetric key and its number")],
  [40237, known("Rejected", "API security: the appid is not that of the token")],
  [40238, known("Rejected", "API security: set the symmetric key on mp.weixin.qq.com first")],
  [40239, known("Rejected", "API security: set the public key on mp.weixin.qq.com first")],
  [40240, known("Rejected", "API security: the time was refused; check this machine's clock")],
  [40243, known("Rejected", "the account's owner has frozen the app secret: thaw it on mp.weixin.qq.com")],
  [41001, known("Rejected", "no token was sent")],
  [42001, known("InvalidToken", "the token has run out")],
  [42002, known("Rejected", signIn)],
  [42003, known("Rejected", oneTime)],
  [42006, known("InvalidToken", "the platform's token has run out")],
  [42007, known("Rejected", `the user changed the password: ${signIn}`)],
  [43004, known("Forbidden", "the user has to follow the account first")],
  [43101, known("Forbidden", "the user has not agreed to this message, or has used the agreement up")],
  [45009, known("RateLimited", quota)],
  [45011, known("RateLimited", "too many calls in this minute: wait")],
  [
    45015,
    known(
      "Forbidden",
      "the user has not been active in the last 48 hours: send a template or subscription message instead"
    )
  ],
  [45028, known("RateLimited", "the mass messages of this month are used up")],
  [45047, known("RateLimited", "no more messages until the user answers")],
  [45066, known("RateLimited", "the same clientmsgid can be tried again after a minute")],
  [48001, known("Forbidden", grant)],
  [48002, known("Forbidden", "the user refuses messages of this account")],
  [48004, known("Forbidden", "WeChat has banned this API for the account: see the notices on mp.weixin.qq.com")],
  [48006, known("RateLimited", "the ten resets of this month are used up")],
  [48008, known("Forbidden")],
  [50001, known("Forbidden", signIn)],
  [50002, known("Forbidden", "the user's or the account's rights are limited at the moment")],
  [
    50004,
    known(
      "Forbidden",
      "WeChat has taken the right to fetch tokens from this account: see the notices on mp.weixin.qq.com"
    )
  ],
  [50005, known("Forbidden", "the user has to follow the account first")],
  [50007, known("Forbidden", "the account is frozen")],
  [61003, known("Forbidden", "the account has not authorized this platform, or has withdrawn it")],
  [61004, known("AddressNotAllowed", "add this address to the platform's list on open.weixin.qq.com")],
  [61005, known("Rejected", "the verify ticket has run out: check that the platform's event address receives pushes")],
  [61006, known("Rejected", "the verify ticket is wrong: check that the platform's event address receives pushes")],
  [61007, known("Forbidden", grant)],
  [61014, known("Rejected", "this call takes the platform's own token: make it as App.component")],
  [61015, known("Rejected", "this call takes an account's token: make it as App.authorizer")],
  [
    61023,
    known(
      "Rejected",
      "the authorizer's refresh token is void: read it from getAuthorizerList, or have the account authorize again"
    )
  ],
  [
    61024,
    known(
      "Rejected",
      "an account that has authorized a platform gets its tokens through it: make the call as App.authorizer"
    )
  ],
  [61450, known("Busy")],
  [
    61503,
    known(
      "Rejected",
      "WeChat has not computed these figures yet: yesterday's are there from eight in the morning in Beijing"
    )
  ],
  [87009, known("Rejected", "the session key has been replaced: have the user sign in again")],
  [89501, known("AddressNotAllowed", askAdmin)],
  [89503, known("AddressNotAllowed", askAdmin)],
  [89504, known("AddressNotAllowed", askAdmin)],
  [89505, known("AddressNotAllowed", askAdmin)],
  [
    89506,
    known("AddressNotAllowed", "the administrator refused this address: it can be asked for again after 24 hours")
  ],
  [
    89507,
    known("AddressNotAllowed", "the administrator refused this address: it can be asked for again after an hour")
  ],
  [9001002, known("Busy")],
  [9402202, known("RateLimited", "another call of this kind is still running")],
  [268490003, known("Rejected", "the payment signature is wrong: check the pay key of this environment")],
  [268490004, known("Rejected", "this has been done already")],
  [268490009, known("Rejected", "the session key has run out: have the user sign in again")],
  [268490011, known("Rejected", "not ready yet: call again later")],
  [268490012, known("Rejected", "a batch is still running: call again later")],
  [268490014, known("Rejected", "the refund is under way: repeat later with the same parameters")],
  [268490015, known("RateLimited")]
])
