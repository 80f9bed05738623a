/**
 * A function for scripts of the shell's that run as root: `run_as USER COMMAND…` becomes that user with the user's groups, and the command.
 * Images have one of these at least: `setpriv` of util-linux, `chroot` of coreutils, `su` of BusyBox or of others. `su` comes last,
 * since it may ask what PAM thinks.
 */
export const runAsFunction = String.raw`run_as() {
  user=$1
  shift
  [ "$user" != root ] || exec "$@"
  group=$(id -g "$user") || exit 1
  if setpriv --version >/dev/null 2>&1; then
    exec setpriv --reuid "$user" --regid "$group" --init-groups -- "$@"
  fi
  if chroot --skip-chdir / true >/dev/null 2>&1; then
    exec chroot --skip-chdir --userspec="$user:$group" --groups="$(id -G "$user" | tr ' ' ,)" / "$@"
  fi
  line=
  for word; do line="$line '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"; done
  for program in /bin/su /usr/bin/su; do
    [ ! -x "$program" ] || exec "$program" -s /bin/sh -c "exec $line" "$user"
  done
  echo 'the image has none of setpriv, chroot and su' >&2
  exit 1
}
`;
