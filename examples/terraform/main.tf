# Delivery configs by Terraform: the AWS provider deploys the CloudFormation resource, so that each plan shows the config,
# and each apply creates, replaces or deletes it through the API.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "provider_function_arn" {
  description = "The function of a DeliveryConfigProvider, in this account and Region"
  type        = string
}

variable "configs" {
  description = "Delivery configs by any name; each has tenant_id and the fields of docs/delivery-config.md"
  type        = map(any)
}

resource "aws_cloudformation_stack" "delivery_config" {
  for_each      = var.configs
  name          = "logrouter-config-${each.key}"
  template_body = file("${path.module}/delivery_config.template.json")

  parameters = {
    ProviderFunctionArn = var.provider_function_arn
    TenantId            = each.value.tenant_id
    Config              = jsonencode({ for name, value in each.value : name => value if name != "tenant_id" })
  }
}

output "drift" {
  description = "Fields that had been changed by hand when a config was last updated"
  value       = { for name, stack in aws_cloudformation_stack.delivery_config : name => stack.outputs["Drift"] }
}
