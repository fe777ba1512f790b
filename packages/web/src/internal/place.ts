/** Places on this very site: what a redirect may lead to. */

/**
 * Path and query of a place, if it is one of this site. Browsers read `//host`, `/\host` and tabs in between as other sites,
 * so the address is read as they do, and written anew.
 */
export const local = (text: string): string | undefined => {
  const here = "https://here.invalid"
  if (!text.startsWith("/") || !URL.canParse(text, here)) return undefined
  const url = new URL(text, here)
  return url.origin === here && !url.pathname.startsWith("//") ? `${url.pathname}${url.search}` : undefined
}
