"""The rule multistage: split a stage that builds and runs into a build stage and a runtime stage."""
