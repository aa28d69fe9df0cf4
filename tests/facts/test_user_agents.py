from __future__ import annotations

import pytest
from s3watch.facts.user_agents import describe_client, name_client

AGENTS = [
    ("[aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0]", "aws-cli", "aws-cli 2.31"),
    ("[Boto3/1.40.1 md/Botocore#1.40.1 ua/2.1 os/linux]", "boto3", "boto3 1.40"),
    ("Botocore/1.29.74 Python/3.9.15", "botocore", "botocore 1.29"),
    ("aiobotocore/2.13.0 md/Botocore#1.34", "aiobotocore", "aiobotocore 2.13"),
    ("[aws-sdk-java/2.20.160 Linux/5.10 OpenJDK_64-Bit_Server_VM/11]", "aws-sdk-java", "aws-sdk-java 2.20"),
    ("aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22", "aws-sdk-go", "aws-sdk-go 1.30"),
    ("aws-sdk-dotnet-coreclr/3.7.100 .NET_Core/6.0", "aws-sdk-dotnet", "aws-sdk-dotnet 3.7"),
    ("aws-sdk-js/3.600.0 ua/2.0", "aws-sdk-js", "aws-sdk-js 3.600"),
    ("[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.991]", "console", "console"),
    ("console.amazonaws.com", "console", "console"),
    ("signin.amazonaws.com", "console", "console"),
    ("APN/1.0 HashiCorp/1.0 Terraform/1.9.2 aws-sdk-go/1.44.122", "terraform", "terraform 1.9"),
    ("[rclone/v1.66.0]", "rclone", "rclone 1.66"),
    ("S3 Browser 9-5-5 https://s3browser.com", "s3-browser", "s3-browser 9.5"),
    ("[Cyberduck/8.4.2.38586 (Windows 10/10.0) (x86_64)]", "cyberduck", "cyberduck 8.4"),
    ("s5cmd/v2.2.2", "s5cmd", "s5cmd 2.2"),
    ("Hadoop 3.3.1, aws-sdk-java/1.11.901 Linux/5.4", "hadoop", "hadoop 3.3"),
    ("MinIO (linux; amd64) minio-go/v7.0.70 mc/RELEASE.2024", "minio", "minio"),
    ("curl/8.5.0", "curl", "curl 8.5"),
    ("Wget/1.21.4", "wget", "wget 1.21"),
    ("[Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36]", "browser", "browser"),
    ("cloudtrail.amazonaws.com", "aws-service", "aws-service"),
    ("AWS Internal", "aws-service", "aws-service"),
    ("aws-internal/3", "aws-service", "aws-service"),
    ("stratus-red-team_d73/1.0 extra", "unknown", "stratus-red-team_d73"),
    ("[]", "unknown", "unknown"),
    ("", "unknown", "unknown"),
    (None, "unknown", "unknown"),
]
by_agent = pytest.mark.parametrize(
    ("agent", "name", "described"), AGENTS, ids=[str(each[0])[:24] for each in AGENTS]
)


@by_agent
def test_the_program_is_named(agent, name, described):
    assert name_client(agent) == name


@by_agent
def test_the_program_is_described_with_its_version(agent, name, described):
    assert describe_client(agent) == described
