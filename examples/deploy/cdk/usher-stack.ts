// A product that reads answers, with Usher beside it: the release template goes into a CDK stack as it is.
import * as cdk from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as include from 'aws-cdk-lib/cloudformation-include';
import type { Construct } from 'constructs';

export class UsherStack extends cdk.Stack {
  /** `bucket` holds the zips of the release below `usher/`. */
  constructor(scope: Construct, id: string, bucket: string, props?: cdk.StackProps) {
    super(scope, id, props);

    const usher = new include.CfnInclude(this, 'Usher', {
      templateFile: 'usher.template.json',
      parameters: {
        CodeBucket: bucket,
        CodePrefix: 'usher/',
        Stage: 'prod',
        SecretPrefix: 'usher/prod/',
      },
    });

    const completions = sqs.Queue.fromQueueArn(
      this,
      'Completions',
      cdk.Token.asString(usher.getOutput('CompletionsQueueArn').value),
    );
    const readAnswers = new lambda.Function(this, 'ReadAnswers', {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async ({ Records }) => console.log(Records.length);'),
    });
    readAnswers.addEventSource(new sources.SqsEventSource(completions, { reportBatchItemFailures: true }));
  }
}
