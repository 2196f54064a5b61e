// What outlives a reload: it stays in this tab and is forgotten when the tab closes.

const nameOf = name => `retnet.${name}`;

/** Keeps a value. Where there is no room for it nothing is kept under that name. */
export function keep(name, value) {
  try {
    sessionStorage.setItem(nameOf(name), JSON.stringify(value));
  } catch {
    forget(name);
  }
}

/** The value; null for none. */
export function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(nameOf(name)));
  } catch {
    return null;
  }
}

export function forget(name) {
  try {
    sessionStorage.removeItem(nameOf(name));
  } catch {
    // Where storage is not allowed there is nothing to forget.
  }
}
