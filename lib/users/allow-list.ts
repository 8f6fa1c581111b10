import type { UserRequest } from '../events/request.ts';
import { userIssue } from '../providers/provider.ts';
import { Failure } from '../records/failure.ts';
import { bounded, MAX_ISSUES } from '../schema.ts';

/** Fails with `role_not_allowed` where a request asks for an account-wide role outside the allow-list. */
export function refuseForbiddenRoles({ provider, user }: UserRequest, allowedRoles: readonly string[]): void {
  const { privilege } = provider.compared(user);
  const roles = provider.roleFields.flatMap((field): (readonly [string, unknown])[] => {
    const stated = privilege[field];
    return Array.isArray(stated)
      ? stated.map((role, index) => [`${field}.${index}`, role])
      : [[field, stated]];
  });
  const forbidden = roles.filter(([, role]) => role !== undefined && !isAllowed(role, allowedRoles));
  if (forbidden.length === 0) return;
  const list = allowedRoles.join(', ');
  const rule = list === '' ? 'must be left out: no role is allowed' : `must be one of ${list}`;
  const issues = forbidden.slice(0, MAX_ISSUES).map(([path]) => userIssue(path, rule));
  const { variable } = provider.settings.allowedRoles;
  const message = `The request asks for a role outside the allow-list (${variable}): ${list || 'no role is allowed'}.`;
  throw new Failure('role_not_allowed', message, { told: { issues: bounded(issues, forbidden.length) } });
}

/** Whether a role, as stated or as shown, is on the allow-list; what is no text is on none. */
export function isAllowed(role: unknown, allowedRoles: readonly string[]): boolean {
  return typeof role === 'string' && allowedRoles.includes(role);
}
