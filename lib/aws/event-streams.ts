/**
 * Nearly nothing: no operation of SQS or Secrets Manager has an event stream. In the bundle this takes the place of the
 * SDK's code for them, which each cold start would load; what formats their headers is made and never asked.
 */
export class HeaderFormatter {}
