/**
 * What Redis does in one step. Every script works on one key, so that it runs in a cluster as well, and reads the time of
 * Redis, so that the clocks of its users do not matter. A script that is run twice because its answer was lost does what it
 * did once.
 */
import * as Crypto from "node:crypto"

export interface Script {
  readonly text: string
  readonly digest: string
}

/** The version of the records. */
const version = "1"

/** What a script answers where the key holds something that is not ours. */
export const foreign = "FOREIGN"

/** Nothing of another program, or of a later version, is read or overwritten. */
const guard = `
local key = KEYS[1]
local kind = redis.call('TYPE', key).ok
if kind ~= 'none' then
  if kind ~= 'hash' then return redis.error_reply('${foreign} a ' .. kind) end
  local v = redis.call('HGET', key, 'v')
  if v ~= '${version}' then return redis.error_reply('${foreign} ' .. (v and 'version ' .. v or 'a hash')) end
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`

/**
 * A fence is more than the last one, and more than any that was given out before Redis lost its data: it starts at the time,
 * in microseconds.
 */
const nextFence = `
local function nextFence(last)
  local clock = tonumber(time[1]) * 1000000 + tonumber(time[2])
  return string.format('%.0f', math.max((tonumber(last) or 0) + 1, clock))
end
`

/** Writes a token. Its end comes as the time that is left, the other times as distances from its end. */
const setToken = `
local function setToken(value, left, lead, forced)
  local ends = string.format('%.0f', now + tonumber(left))
  redis.call('HSET', key, 'token', value, 'expires', ends, 'lead', lead, 'forced', forced)
end
`

const script = (body: string): Script => {
  const text = guard + body
  return { text, digest: Crypto.createHash("sha1").update(text).digest("hex") }
}

export const read = script(`
local got = redis.call('HMGET', key, 'token', 'expires', 'lead', 'forced')
if not got[1] then return {} end
return {got[1], string.format('%.0f', tonumber(got[2]) - now), got[3], got[4]}
`)

/** life, nonce -> {fence}, or {'', milliseconds until the end of the other's lease} */
export const lease = script(`${nextFence}
local got = redis.call('HMGET', key, 'fence', 'ends', 'life', 'nonce')
local ends = tonumber(got[2]) or 0
local life = tonumber(got[3]) or 0
if now + life < ends then
  -- the clock of Redis went back
  ends = now + life
  redis.call('HSET', key, 'ends', string.format('%.0f', ends))
end
if now < ends then
  if got[4] == ARGV[2] then return {got[1]} end
  return {'', string.format('%.0f', ends - now)}
end
local fence = nextFence(got[1])
ends = string.format('%.0f', now + tonumber(ARGV[1]))
redis.call('HSET', key, 'v', '${version}', 'fence', fence, 'ends', ends, 'life', ARGV[1], 'nonce', ARGV[2])
return {fence}
`)

/** fence -> 1 where it is still the last */
export const holds = script(`
if redis.call('HGET', key, 'fence') == ARGV[1] then return 1 end
return 0
`)

/** fence, channel, path, refresh token or nothing, token, left, lead, forced -> 1, or 0 where the fence is not the last */
export const keep = script(`${setToken}
if redis.call('HGET', key, 'fence') ~= ARGV[1] then return 0 end
setToken(ARGV[5], ARGV[6], ARGV[7], ARGV[8])
if ARGV[4] ~= '' then redis.call('HSET', key, 'refresh', ARGV[4]) end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
`)

/** fence */
export const release = script(`
if redis.call('HGET', key, 'fence') == ARGV[1] then redis.call('HSET', key, 'ends', '0') end
return 1
`)

/** nonce, channel, path, refresh token or nothing; token, left, lead, forced or nothing */
export const authorize = script(`${nextFence}${setToken}
local got = redis.call('HMGET', key, 'fence', 'change')
if got[2] == ARGV[1] then return 1 end
redis.call('HSET', key, 'v', '${version}', 'fence', nextFence(got[1]), 'ends', '0', 'change', ARGV[1])
redis.call('HDEL', key, 'token', 'expires', 'lead', 'forced', 'refresh')
if ARGV[4] ~= '' then redis.call('HSET', key, 'refresh', ARGV[4]) end
if ARGV[5] then setToken(ARGV[5], ARGV[6], ARGV[7], ARGV[8]) end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
`)

/** field -> text or nothing */
export const field = script(`return redis.call('HGET', key, ARGV[1])`)

/** field, text, life */
export const setField = script(`
redis.call('HSET', key, 'v', '${version}', ARGV[1], ARGV[2])
redis.call('PEXPIRE', key, ARGV[3])
return 1
`)

/** field, text -> the text of whoever wrote it first */
export const claimField = script(`
redis.call('HSETNX', key, ARGV[1], ARGV[2])
redis.call('HSET', key, 'v', '${version}')
return redis.call('HGET', key, ARGV[1])
`)

/** field, former text, text: replaces what has not changed meanwhile */
export const replaceField = script(`
if redis.call('HGET', key, ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', key, ARGV[1], ARGV[3])
return 1
`)
