/** When a value on the wire says "nothing here". */

export const missing = (value: unknown): boolean => value === undefined || value === null

export const missingOrBlank = (value: unknown): boolean => value === undefined || value === null || value === ""
