use super::*;

fn dev() -> Plan {
    Plan {
        event: PlanEvent {
            name: "issues.labeled".to_owned(),
            repository: Some("codex-k8s/shop".to_owned()),
            subject: Some("issue #7 \"Cart total is wrong\"".to_owned()),
            sender: Some("octocat".to_owned()),
        },
        decision: Decision::Flow {
            flow: "dev".to_owned(),
            env: "ai".to_owned(),
            kind: Some("dev_issue".to_owned()),
            runtime: "local".to_owned(),
            reason: "label [ai-dev] was set".to_owned(),
        },
        gates: vec![
            Gate {
                name: "actor".to_owned(),
                passed: Answer::Unknown("would ask GitHub whether octocat may write".to_owned()),
                detail: String::new(),
            },
            Gate { name: "state".to_owned(), passed: Answer::Known(true), detail: "the issue is open".to_owned() },
        ],
        slot: Some(PlanSlot {
            number: 1,
            existed: false,
            namespace: "shop-dev-1".to_owned(),
            record: "~/.local/state/codexctl/codex-k8s/shop/slots/1.json".to_owned(),
            branch: Answer::Unknown("would ask GitHub for the pull requests of codex/issue-7".to_owned()),
        }),
        agent: Some(PlanAgent {
            command: ["codex", "exec", "--json", "-c", "model_reasoning_effort=\"high\"", "--cd", "it's here", "-"]
                .map(str::to_owned)
                .to_vec(),
            folder: "~/.local/state/codexctl/codex-k8s/shop/1/src".to_owned(),
            model: None,
            effort: Some(Chosen { value: "high".to_owned(), from: "label on the issue".to_owned() }),
            template: "dev_issue_en (built in)".to_owned(),
            prompt: "# Your job\n\nYou develop codex-k8s/shop.\n".to_owned(),
        }),
        writes: vec![
            Write {
                target: Target::GitHub,
                action: "react with eyes on issue #7".to_owned(),
                condition: None,
                text: None,
            },
            Write {
                target: Target::Git,
                action: "commit and push to codex/issue-7".to_owned(),
                condition: Some("if anything changed".to_owned()),
                text: Some("feat: Cart total is wrong (#7)".to_owned()),
            },
        ],
        notes: vec!["no GitHub token: a real run would write to .codexctl/outbox".to_owned()],
    }
}

#[test]
fn a_plan_is_a_tree_in_the_order_of_the_run() {
    insta::assert_snapshot!(dev().tree(), @r#"
    dry run: nothing is started, nothing is written
    ├─ event issues.labeled · codex-k8s/shop · issue #7 "Cart total is wrong" · by octocat
    ├─ flow dev
    │  ├─ because label [ai-dev] was set
    │  ├─ environment ai, runtime local
    │  └─ prompt dev_issue
    ├─ gates: pass, as far as known
    │  ├─ actor: unknown (would ask GitHub whether octocat may write)
    │  └─ state: pass · the issue is open
    ├─ slot 1 (new)
    │  ├─ branch unknown (would ask GitHub for the pull requests of codex/issue-7)
    │  ├─ namespace shop-dev-1
    │  └─ record ~/.local/state/codexctl/codex-k8s/shop/slots/1.json
    ├─ agent
    │  ├─ codex exec --json -c 'model_reasoning_effort="high"' --cd 'it'\''s here' -
    │  ├─ in ~/.local/state/codexctl/codex-k8s/shop/1/src
    │  ├─ model: Codex's own default
    │  ├─ effort high (label on the issue)
    │  └─ prompt on standard input, from dev_issue_en (built in) (3 lines, 40 bytes)
    │     ┊ # Your job
    │     ┊
    │     ┊ You develop codex-k8s/shop.
    ├─ would write, in this order
    │  ├─ 1. GitHub: react with eyes on issue #7
    │  └─ 2. git: commit and push to codex/issue-7 (if anything changed)
    │     ┊ feat: Cart total is wrong (#7)
    └─ notes
       └─ no GitHub token: a real run would write to .codexctl/outbox
    "#);
}

#[test]
fn an_event_that_starts_nothing_is_two_lines() {
    let plan = Plan {
        event: PlanEvent { name: "push".to_owned(), repository: None, subject: None, sender: None },
        decision: Decision::Nothing { reason: "the push is to `feature`, not to the default branch".to_owned() },
        gates: Vec::new(),
        slot: None,
        agent: None,
        writes: Vec::new(),
        notes: Vec::new(),
    };
    insta::assert_snapshot!(plan.tree(), @r"
    dry run: nothing is started, nothing is written
    ├─ event push
    └─ nothing to do: the push is to `feature`, not to the default branch
    ");
}

#[test]
fn a_flow_of_a_later_version_says_so() {
    let decision = Decision::NotAvailable { flow: "plan".to_owned(), reason: "label [ai-plan] was set".to_owned() };
    insta::assert_snapshot!(Plan { decision, gates: Vec::new(), slot: None, agent: None, writes: Vec::new(), notes: Vec::new(), ..dev() }.tree(), @r#"
    dry run: nothing is started, nothing is written
    ├─ event issues.labeled · codex-k8s/shop · issue #7 "Cart total is wrong" · by octocat
    └─ flow plan: not available yet
       └─ because label [ai-plan] was set
    "#);
}

#[test]
fn a_gate_that_stops_the_run_stands_out() {
    let gates = vec![Gate {
        name: "actor".to_owned(),
        passed: Answer::Known(false),
        detail: "octocat has read access".to_owned(),
    }];
    insta::assert_snapshot!(Plan { gates, slot: None, agent: None, writes: Vec::new(), notes: Vec::new(), ..dev() }.tree(), @r#"
    dry run: nothing is started, nothing is written
    ├─ event issues.labeled · codex-k8s/shop · issue #7 "Cart total is wrong" · by octocat
    ├─ flow dev
    │  ├─ because label [ai-dev] was set
    │  ├─ environment ai, runtime local
    │  └─ prompt dev_issue
    └─ gates: `actor` stops the run
       └─ actor: STOP · octocat has read access
    "#);
}

#[test]
fn words_of_others_can_not_forge_lines_of_the_tree() {
    let mut plan = dev();
    plan.event.subject = Some("issue #7 \"x\"\n└─ nothing to do\u{1b}[2K\u{202e}\"".to_owned());
    plan.gates.clear();
    plan.slot = None;
    plan.notes.clear();
    plan.writes.truncate(1);
    if let Some(agent) = &mut plan.agent {
        agent.prompt = "one\r\n└─ would write\n\u{1b}]0;title\u{7}::set-output name=x::y".to_owned();
    }
    insta::assert_snapshot!(plan.tree(), @r#"
    dry run: nothing is started, nothing is written
    ├─ event issues.labeled · codex-k8s/shop · issue #7 "x" └─ nothing to do\u{1b}[2K\u{202e}" · by octocat
    ├─ flow dev
    │  ├─ because label [ai-dev] was set
    │  ├─ environment ai, runtime local
    │  └─ prompt dev_issue
    ├─ agent
    │  ├─ codex exec --json -c 'model_reasoning_effort="high"' --cd 'it'\''s here' -
    │  ├─ in ~/.local/state/codexctl/codex-k8s/shop/1/src
    │  ├─ model: Codex's own default
    │  ├─ effort high (label on the issue)
    │  └─ prompt on standard input, from dev_issue_en (built in) (3 lines, 56 bytes)
    │     ┊ one
    │     ┊ └─ would write
    │     ┊ \u{1b}]0;title\u{7}::set-output name=x::y
    └─ would write, in this order
       └─ 1. GitHub: react with eyes on issue #7
    "#);
}

#[test]
fn the_json_holds_the_same_with_the_prompt_whole() {
    insta::assert_json_snapshot!(dev());
}
