"""What tests share: servers, sample data and scenario builders."""
