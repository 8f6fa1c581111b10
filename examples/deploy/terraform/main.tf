# The release template as a stack of CloudFormation, its files in a bucket that Terraform fills.
variable "bucket" {
  type        = string
  description = "An S3 bucket of yours in the region of the deployment."
}

variable "release" {
  type        = string
  description = "The folder with the files of the release."
}

resource "aws_s3_object" "release" {
  for_each = fileset(var.release, "usher*.{zip,template.json}")
  bucket   = var.bucket
  key      = "usher/${each.value}"
  source   = "${var.release}/${each.value}"
  etag     = filemd5("${var.release}/${each.value}")
}

resource "aws_cloudformation_stack" "usher" {
  name         = "usher-prod"
  template_url = "https://${var.bucket}.s3.amazonaws.com/${aws_s3_object.release["usher.template.json"].key}"
  capabilities = ["CAPABILITY_NAMED_IAM"]

  parameters = {
    CodeBucket   = var.bucket
    CodePrefix   = "usher/"
    Stage        = "prod"
    SecretPrefix = "usher/prod/"
  }
  depends_on = [aws_s3_object.release]
}

output "requests_queue_url" {
  value = aws_cloudformation_stack.usher.outputs["RequestsQueueUrl"]
}

output "completions_queue_arn" {
  value = aws_cloudformation_stack.usher.outputs["CompletionsQueueArn"]
}
