//! Hosts of sources, builds, packages, quality. The forms are in the providers' pages about access tokens and API keys, and in the lists
//! of token prefixes that GitHub, GitLab, npm, PyPI and others give so that scanners know them.

use super::{Key, set, token};

pub(super) const KEYS: &[Key] = &[
    // GitHub: personal, OAuth, user, installation, refresh.
    token("GitHub token", "<ghp|gho|ghu|ghs|ghr>_<alnum 36-255>"),
    token("GitHub fine-grained token", "github_pat_<url 60-255>"),
    // GitLab. Newer tokens are longer and may have a part behind a dot.
    token("GitLab personal token", "glpat-<url 20->"),
    token("GitLab trigger token", "glptt-<hex 40>"),
    token("GitLab runner token", "glrt-<url 20->"),
    token("GitLab runner token", "GR1348941<url 20->"),
    token("GitLab job token", "glcbt-<alnum 1-5>_<url 20->"),
    token("GitLab deploy token", "gldt-<url 20->"),
    token("GitLab feature flag token", "glffct-<url 20->"),
    token("GitLab feed token", "glft-<url 20->"),
    token("GitLab mail token", "glimt-<url 25->"),
    token("GitLab agent token", "glagent-<url 50->"),
    token("GitLab application secret", "gloas-<url 64->"),
    token("GitLab SCIM token", "glsoat-<url 20->"),
    token("GitLab session", "_gitlab_session=<lower 32>"),
    set("Bitbucket secret", "bitbucket", "<url= 64>").beyond_hex(),
    token("Sourcegraph token", "sgp_<xhex 40>"),
    token("Sourcegraph token", "sgp_<xhex 16>_<xhex 40>"),
    token("Sourcegraph token", "sgp_local_<xhex 40>"),
    // Packages.
    token("npm token", "npm_<alnum 36>"),
    token("PyPI token", "pypi-AgE<url 50->"),
    token("RubyGems key", "rubygems_<hex 48>"),
    token("Clojars token", "CLOJARS_<lower 60>"),
    token("Docker token", "<dckr_pat|dckr_oat>_<url 27->"),
    token("Artifactory key", "AKCp<alnum 69>"),
    token("Artifactory reference token", "cmVmd<alnum 59>"),
    set("JFrog key", "jfrog artifactory bintray xray", "<lower 73>"),
    set("JFrog token", "jfrog artifactory bintray xray", "<lower 64>").beyond_hex(),
    token("key of Sidekiq's packages", "<hex 8>:<hex 8>@<gems|enterprise>.contribsys.com").entropy(2.5),
    set(
        "key of Sidekiq's packages",
        "bundle_enterprise__contribsys__com bundle_gems__contribsys__com",
        "<hex 8>:<hex 8>",
    )
    .entropy(2.5),
    // Builds, quality, what runs them.
    set("Travis CI token", "travis", "<alnum 22>"),
    set("Drone token", "droneci", "<alnum 32>").beyond_hex(),
    set("Codecov token", "codecov", "<lower 32>"),
    set("Snyk token", "snyk", "<uuid>"),
    set(
        "SonarQube token",
        "sonar_login sonar.login sonar-login sonarlogin sonar_token sonar.token sonar-token sonartoken",
        "<squ_|sqp_|sqa_|><url= 40>",
    ),
    token("Harness key", "<pat|sat>.<url 22>.<alnum 24>.<alnum 20>"),
    token("Octopus Deploy key", "API-<upper 26>"),
    token("Infracost key", "ico-<alnum 32>"),
    token("Prefect key", "pnu_<alnum 36>"),
    token("Postman key", "PMAK-<hex 24>-<hex 34>"),
    token("ReadMe key", "rdme_<lower 70>"),
    set("LaunchDarkly key", "launchdarkly", "<url= 40>").beyond_hex(),
    token("Linear key", "lin_api_<alnum 40>"),
    set("Linear secret", "linear", "<hex 32>"),
    set("Asana secret", "asana", "<lower 32>"),
    token("Atlassian token", "ATATT3<url= 186>"),
    set("Atlassian token", "atlassian confluence jira", "<lower 20><hex 4>").beyond_hex(),
    set("key of RapidAPI", "rapidapi", "<url 50>"),
    token("Settlemint token", "<sm_aat|sm_pat|sm_sat>_<alnum 16>"),
    token("secret of 42's intranet", "<s-s4t2ud-|s-s4t2af-><hex 64>"),
];
