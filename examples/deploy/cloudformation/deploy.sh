#!/bin/sh
# Deploys a release with the AWS CLI alone. From the folder with the files of the release:
#   sh deploy.sh BUCKET [STAGE]
# BUCKET is an S3 bucket of yours in the region of the deployment.
set -eu
bucket=$1
stage=${2:-prod}

sha256sum -c SHA256SUMS
for zip in usher-*.zip; do aws s3 cp "$zip" "s3://$bucket/usher/$zip"; done

# The template is larger than CloudFormation takes directly: it goes by the bucket, too.
aws cloudformation deploy --stack-name "usher-$stage" --template-file usher.template.json \
  --s3-bucket "$bucket" --s3-prefix usher --capabilities CAPABILITY_NAMED_IAM \
  --parameter-overrides "CodeBucket=$bucket" CodePrefix=usher/ "Stage=$stage" "SecretPrefix=usher/$stage/"

aws cloudformation describe-stacks --stack-name "usher-$stage" --query "Stacks[0].Outputs[].[OutputKey,OutputValue]" --output table
